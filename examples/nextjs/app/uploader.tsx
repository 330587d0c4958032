"use client";

import { AssetUploader, type Uploaded } from "asset-upload-client/react";
import { useState } from "react";

async function getToken(): Promise<string> {
  const response = await fetch("/assets-token", { method: "POST" });
  if (!response.ok) throw new Error("Sign in first");
  return (await response.json()).token;
}

/** A form field whose form posts the file's URL as `picture`, and a list of uploaded files. */
export function Uploader({ url }: { url: string }) {
  const [uploaded, setUploaded] = useState<Uploaded | null>(null);
  return (
    <form>
      <AssetUploader endpoint={url} getToken={getToken} name="picture" required camera onUploaded={setUploaded} />
      {uploaded && <Preview {...uploaded} />}
      <button>Save</button>
    </form>
  );
}

function Preview({ file, asset }: Uploaded) {
  return file.type.startsWith("video/") ? <video src={asset.url} controls /> : <img src={asset.url} alt={asset.filename} />;
}
