"use client";

import { AssetApiError, AssetClient, type Asset } from "asset-upload-client";
import { useRef, useState } from "react";

async function newToken(): Promise<string> {
  const response = await fetch("/assets-token", { method: "POST" });
  if (!response.ok) throw new Error("Sign in first");
  return (await response.json()).token;
}

/** A file input with progress, cancel and errors. `onUploaded` is called once the file is public. */
export function Uploader({ url, onUploaded }: { url: string; onUploaded?: (asset: Asset) => void }) {
  const [progress, setProgress] = useState<number | null>(null);
  const [message, setMessage] = useState("");
  const [asset, setAsset] = useState<Asset | null>(null);
  const abort = useRef<AbortController | null>(null);

  async function upload(file: File) {
    abort.current = new AbortController();
    const { signal } = abort.current;
    setProgress(0);
    setMessage("");
    try {
      const client = new AssetClient(url, await newToken());
      const { asset_id } = await client.upload(file, {
        signal,
        onProgress: ({ loaded, total }) => setProgress(loaded / total),
        onWait: ({ seconds }) => setMessage(`Waiting ${Math.ceil(seconds)} s`),
      });
      const uploaded = await client.get(asset_id);
      setAsset(uploaded);
      setMessage(`${uploaded.filename} is public`);
      onUploaded?.(uploaded);
    } catch (error) {
      if (signal.aborted) setMessage("Canceled");
      else if (error instanceof AssetApiError) setMessage(error.message); // says what to do
      else setMessage(String(error));
    } finally {
      setProgress(null);
    }
  }

  return (
    <div>
      <label>
        Image or video{" "}
        <input
          type="file"
          accept=".jpg,.jpeg,.png,.gif,.webp,.mp4,.mov"
          disabled={progress !== null}
          onChange={(event) => {
            const file = event.target.files?.[0];
            event.target.value = ""; // choosing the same file again is a change, too
            if (file) void upload(file);
          }}
        />
      </label>
      {progress !== null && (
        <p>
          <progress max={1} value={progress} /> <button onClick={() => abort.current?.abort()}>Cancel</button>
        </p>
      )}
      <p role="status">{message}</p>
      {asset && (asset.file_type.startsWith("video/") ? <video src={asset.url} controls /> : <img src={asset.url} alt={asset.filename} />)}
    </div>
  );
}
