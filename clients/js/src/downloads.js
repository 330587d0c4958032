/**
 * Downloads that resume after a lost connection and verify what they received. Loaded with the first one.
 * @module
 */

/** @import {Api} from "./api.js" */
/** @import {Asset, FileDownloadOptions, SignedUrlResponse, StreamOptions} from "../interfaces.js" */
/** @import {StreamedResponse} from "../internal.js" */
import { parsed } from "./api.js";
import { AssetApiError } from "./errors.js";
import { builtin, destination, safeName } from "./node_files.js";
import { assetPath } from "./references.js";
import { backoffMs, sleep } from "./retries.js";
import { NetworkError, messageOf } from "./transport.js";

const LONGEST_SILENCE_MS = 60_000;

/**
 * @param {Api} api
 * @param {string} asset an id or a URL
 * @param {Partial<FileDownloadOptions>} options
 * @returns {Promise<Blob | string>} the path of the file if there is `to`
 */
export async function download(api, asset, { to, overwrite = false, ...options }) {
  const target = to === undefined ? null : await destination(to, overwrite);
  const source = await Download.of(api, asset, options);
  if (target) return target.save(source.pieces(), () => safeName(source.filename, source.type));
  const pieces = [];
  for await (const piece of source.pieces()) pieces.push(piece);
  const blob = new Blob(/** @type {BlobPart[]} */ (pieces), { type: source.type });
  // If nothing has hashed the stream, and the browser offers WebCrypto, as it does on https and localhost.
  if (source.expected?.sha256 && !builtin("crypto") && globalThis.crypto?.subtle) {
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", await blob.arrayBuffer()));
    source.verify(Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join(""));
  }
  return blob;
}

/**
 * @param {Api} api
 * @param {string} asset an id or a URL
 * @param {StreamOptions} options
 * @returns {Promise<ReadableStream<Uint8Array>>}
 */
export async function stream(api, asset, options) {
  const pieces = (await Download.of(api, asset, options)).pieces();
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await pieces.next();
      if (done) controller.close();
      else controller.enqueue(value);
    },
    async cancel() {
      await pieces.return();
    },
  }, { highWaterMark: 0 });
}

/** One download. Name and type are known once its first piece has arrived. */
class Download {
  type = "";
  filename = "";
  #at = 0;
  /** @type {number | null} */
  #total = null;
  /** @type {string | null} */
  #etag = null;

  /**
   * @param {Api} api
   * @param {string} url
   * @param {Asset | null} expected
   * @param {StreamOptions} options
   */
  constructor(api, url, expected, { signal, onProgress }) {
    this.api = api;
    this.url = url;
    this.expected = expected;
    this.signal = signal;
    this.onProgress = onProgress;
  }

  /**
   * @param {Api} api
   * @param {string} asset
   * @param {StreamOptions} options
   */
  static async of(api, asset, { rendition, ...options }) {
    const { signal } = options;
    const isOurs = `${asset}`.startsWith(api.url("/assets/"));
    const [, id, ofUrl] = (isOurs && /\/assets\/([^/?#]+)(?:\/([^/?#]+))?$/.exec(asset)) || [];
    if (!id && /^[a-z]+:\/\//.test(`${asset}`)) return new Download(api, asset, null, options); // signed, or another deployment's
    const wanted = rendition ?? ofUrl;
    const metadata = assetPath(asset, "metadata");
    /** @type {Asset | null} */
    const known = await api.request("GET", metadata, { signal }).catch(nullIfNotOwned);
    if (known?.visibility === "private") {
      const json = { expires_in: 3600, ...(wanted && { rendition: wanted }) };
      /** @type {SignedUrlResponse} */
      const { url } = await api.request("POST", assetPath(asset, "signed-url"), { json, signal });
      return new Download(api, url, wanted ? null : known, options);
    }
    return new Download(api, api.url(assetPath(asset, ...(wanted ? [wanted] : []))), wanted ? null : known, options);
  }

  /** @returns {AsyncGenerator<Uint8Array, void, void>} */
  async *pieces() {
    const hash = !this.expected?.sha256 ? null : builtin("crypto")?.createHash("sha256");
    for (let failures = 0; ; failures += 1) {
      try {
        for await (const piece of this.#rest()) {
          hash?.update(piece);
          this.#at += piece.length;
          failures = 0;
          if (this.#total) this.onProgress?.({ loaded: this.#at, total: this.#total });
          yield piece;
        }
        this.verify(hash?.digest("hex"));
        return;
      } catch (error) {
        if (!(error instanceof NetworkError)) throw error;
        if (failures >= this.api.retries) {
          throw new AssetApiError(0, `The download was lost after ${this.#at} bytes: ${error.message}`, { cause: error });
        }
        await sleep(backoffMs(failures), this.signal);
      }
    }
  }

  /**
   * Yields the missing bytes, as far as one response has them.
   *
   * @returns {AsyncGenerator<Uint8Array, void, void>}
   * @throws {NetworkError} if it ends early
   */
  async *#rest() {
    const response = await this.#request();
    let skipped = response.status === 206 ? 0 : this.#at;
    let received = response.status === 206 ? this.#at : 0;
    try {
      this.#accept(response);
      for await (const piece of response.pieces) {
        received += piece.length;
        if (piece.length > skipped) yield piece.subarray(skipped);
        skipped = Math.max(0, skipped - piece.length);
      }
    } finally {
      response.end();
    }
    if (this.#total !== null && received < this.#total) throw new NetworkError("the connection ended early");
  }

  async #request() {
    /** @type {Record<string, string>} */
    const headers = { "Accept-Encoding": "identity" };
    if (this.#at) headers.Range = `bytes=${this.#at}-`;
    if (this.#at && this.#etag) headers["If-Range"] = this.#etag;
    const response = await this.api.sendWithRetries(() => streamed(this.api.fetch, this.url, headers, this.signal), { signal: this.signal });
    return /** @type {StreamedResponse} */ (response);
  }

  /**
   * @param {StreamedResponse} response
   * @throws {AssetApiError} for a response without the file or the rest of it
   */
  #accept(response) {
    if (response.status !== 200 && response.status !== 206) parsed(response);
    const etag = response.header("etag");
    if (this.#at && etag !== this.#etag) throw new AssetApiError(200, "The file changed during its download");
    const [, start, total] = /^bytes (\d+)-\d+\/(\d+)$/.exec(response.header("content-range") ?? "") ?? [];
    if (response.status === 206 && Number(start ?? this.#at) !== this.#at) {
      throw new AssetApiError(206, "The server sent another range than requested");
    }
    const length = response.header("content-length");
    if (response.status === 200 && length) this.#total = Number(length);
    else if (total) this.#total = Number(total);
    this.#etag = etag;
    this.type = response.header("content-type") ?? "";
    this.filename = this.expected?.filename ?? nameIn(response.header("content-disposition") ?? "");
  }

  /** @param {string | undefined} sha256 hex; undefined if nothing has hashed the bytes */
  verify(sha256) {
    const { expected } = this;
    if (!expected || (this.#at === expected.size_bytes && (sha256 ?? expected.sha256) === expected.sha256)) return;
    throw new AssetApiError(200, `The downloaded bytes of asset ${expected.asset_id} do not match its size and checksum`);
  }
}

/**
 * @param {unknown} error
 * @returns {null} for an asset that the token's owner does not have: it may be public
 */
function nullIfNotOwned(error) {
  if (error instanceof AssetApiError && (error.status === 404 || error.status === 401)) return null;
  throw error;
}

/**
 * @param {typeof globalThis.fetch} fetch
 * @param {string} url
 * @param {Record<string, string>} headers
 * @param {AbortSignal} [signal]
 * @returns {Promise<StreamedResponse>}
 */
async function streamed(fetch, url, headers, signal) {
  signal?.throwIfAborted();
  const controller = new AbortController();
  const abort = () => controller.abort(signal?.reason);
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  const restartTimer = () => {
    clearTimeout(timer);
    timer = setTimeout(() => controller.abort(new NetworkError(`no bytes for ${LONGEST_SILENCE_MS / 1000} s`)), LONGEST_SILENCE_MS);
  };
  const end = () => {
    clearTimeout(timer);
    signal?.removeEventListener("abort", abort);
    if (!controller.signal.aborted) controller.abort();
  };
  /** @param {unknown} error */
  const failed = (error) => {
    end();
    signal?.throwIfAborted();
    throw error instanceof NetworkError ? error : new NetworkError(messageOf(error), { cause: error });
  };
  signal?.addEventListener("abort", abort);
  restartTimer();
  try {
    const response = await fetch(url, { headers, signal: controller.signal });
    const reader = response.ok && response.body?.getReader();
    const text = reader ? "" : await response.text();
    if (!reader) end();
    const pieces = async function* () {
      for (;;) {
        const { done, value } = reader ? await reader.read().catch(failed) : { done: true };
        if (done || !value) return;
        restartTimer();
        yield value;
      }
    };
    return { status: response.status, header: (name) => response.headers.get(name), text, pieces: pieces(), end };
  } catch (error) {
    return failed(error);
  }
}

/** @param {string} disposition a Content-Disposition header (RFC 6266) */
function nameIn(disposition) {
  const [, encoded] = /filename\*=UTF-8''([^;]+)/i.exec(disposition) ?? [];
  const [, plain] = /filename="([^"]*)"/i.exec(disposition) ?? [];
  try {
    return decodeURIComponent(encoded ?? "") || plain || "";
  } catch {
    return plain || "";
  }
}
