/**
 * @import {
 *   Asset, AssetChanges, AssetListResponse, AssetUploadResponse, ClientOptions, DeleteManyResponse, DeleteResponse,
 *   DownloadOptions, EraseResponse, FileDownloadOptions, Filters, GenerateOptions, GenerateResponse, ImportOptions,
 *   ImportResponse, Job, JobListResponse, ManyOptions, PageOptions, SignedUrlOptions, SignedUrlResponse, StreamOptions,
 *   TokenSource, UploadOptions, UploadOutcome, UploadSource, Usage, WaitOptions,
 * } from "../interfaces.js"
 */
import { Api } from "./api.js";
import { AssetApiError } from "./errors.js";
import { namedOptions } from "./options.js";
import { assetId, assetPath, jobPath } from "./references.js";
import { DEFAULT_RETRIES } from "./retries.js";
import { Tokens } from "./tokens.js";
import { randomKey, upload } from "./uploads.js";

const DELETES_PER_REQUEST = 100;

/**
 * A client of the Asset Upload API. Every method rejects with AssetApiError, with the reason of its `signal`, or with a
 * TypeError for an invalid argument.
 *
 * Lost connections, rate limits and transient failures are retried, up to `retries` times.
 */
export class AssetClient {
  #api;

  /**
   * @param {string} baseUrl for example `https://d111111abcdef8.cloudfront.net`; empty for the page's own host
   * @param {TokenSource} token
   * @param {ClientOptions} [options]
   */
  constructor(baseUrl, token, { fetch, retries = DEFAULT_RETRIES } = {}) {
    this.#api = new Api(baseUrl, token, fetch, retries);
  }

  /** Replaces the token for all requests from now on. */
  set token(/** @type {TokenSource} */ token) {
    this.#api.tokens = new Tokens(token);
  }

  /**
   * Uploads a file: in one request up to 4 MiB, otherwise straight to S3, above 50 MB in parts. Resolves once it is published.
   *
   * @param {UploadSource} file
   * @param {UploadOptions} [options]
   * @returns {Promise<AssetUploadResponse>}
   */
  upload(file, options = {}) {
    return upload(this.#api, file, options);
  }

  /**
   * Aborts the unfinished upload in parts that `upload` would resume for the same file and options: its parts are removed, and the
   * file is never published. To pause an upload, abort its signal instead.
   *
   * @param {UploadSource} file
   * @param {UploadOptions} [options]
   * @returns {Promise<boolean>} false if there is none
   */
  async abortUpload(file, options = {}) {
    const { abort } = await import("./parts.js");
    return abort(this.#api, file, options);
  }

  /**
   * Uploads many files, several at once; resolves with an outcome for each, in order. A failed file does not stop the others.
   * Uploads keep to the rate limit that the service states, and wait together once it is used up.
   *
   * @param {Iterable<UploadSource>} files
   * @param {ManyOptions} [options]
   * @returns {Promise<UploadOutcome[]>}
   */
  async uploadMany(files, options = {}) {
    const { uploadMany } = await import("./many.js");
    return uploadMany(this.#api, files, options);
  }

  /**
   * @param {number} [limit] 1 to 100
   * @param {number} [offset]
   * @returns {Promise<AssetListResponse>} newest first
   */
  listAssets(limit = 50, offset = 0) {
    return this.#api.request("GET", "/assets", { query: { limit, offset } });
  }

  /**
   * Lists a page by cursor, whose cost is the same at any depth.
   *
   * @param {PageOptions} [options]
   * @returns {Promise<AssetListResponse>} newest first
   */
  listPage({ limit = 50, cursor, fileType, tag, q, signal } = {}) {
    return this.#api.request("GET", "/assets", { query: { limit, cursor, file_type: fileType, tag, q }, signal });
  }

  /**
   * Iterates over all assets, newest first, page by page.
   *
   * @param {Filters & {pageSize?: number, signal?: AbortSignal}} [options]
   * @returns {AsyncGenerator<Asset, void, void>}
   */
  async *assets({ pageSize = 100, ...options } = {}) {
    /** @type {string | null} */
    let cursor = null;
    do {
      /** @type {AssetListResponse} */
      const page = await this.listPage({ ...options, limit: pageSize, cursor });
      yield* page.assets;
      if (cursor && page.next_cursor === cursor) {
        throw new AssetApiError(200, "The server is not an Asset Upload API: its list never ends");
      }
      cursor = page.next_cursor;
    } while (cursor);
  }

  /**
   * @param {string} asset an id or a URL
   * @returns {Promise<Asset>}
   */
  async get(asset) {
    return this.#api.request("GET", assetPath(asset, "metadata"));
  }

  /**
   * @param {string} asset an id or a URL
   * @param {{keepalive?: boolean}} [options] `keepalive` sends the request even if the user leaves the page
   * @returns {Promise<DeleteResponse>}
   */
  async delete(asset, { keepalive } = {}) {
    const alreadyDone = { success: true, message: `Asset ${assetId(asset)} deleted successfully` };
    return this.#api.request("DELETE", assetPath(asset), { alreadyDone, keepalive });
  }

  /**
   * Deletes any number of assets, a hundred per request.
   *
   * @param {Iterable<string>} assets ids or URLs
   * @param {{keepalive?: boolean}} [options]
   * @returns {Promise<DeleteManyResponse>}
   */
  async deleteMany(assets, { keepalive } = {}) {
    const ids = [...new Set(Array.from(assets, assetId))];
    /** @type {DeleteManyResponse} */
    const all = { success: true, deleted: [], not_found: [] };
    for (let start = 0; start < ids.length; start += DELETES_PER_REQUEST) {
      const json = { asset_ids: ids.slice(start, start + DELETES_PER_REQUEST) };
      /** @type {DeleteManyResponse} */
      const some = await this.#api.request("POST", "/assets/delete", { json, keepalive });
      all.deleted.push(...some.deleted);
      all.not_found.push(...some.not_found);
    }
    return all;
  }

  /**
   * Changes only the given properties.
   *
   * @param {string} asset an id or a URL
   * @param {AssetChanges} changes `expiresIn` in seconds from now, null for never
   * @returns {Promise<Asset>}
   */
  async update(asset, { filename, ...options }) {
    const json = { ...(filename !== undefined && { filename }), ...namedOptions(options) };
    return this.#api.request("PATCH", assetPath(asset), { json });
  }

  /**
   * Returns the URL of a rendition, such as `w640.webp`, `frame-last.png` or `frame-poster-w320.webp`, without a request.
   *
   * @param {string} asset an id or a URL
   * @param {string} rendition
   */
  renditionUrl(asset, rendition) {
    return this.#api.url(assetPath(asset, rendition));
  }

  /**
   * Resolves with a URL of a private asset that works for an hour, or for `expiresIn` seconds (60 to 604,800).
   *
   * @param {string} asset an id or a URL
   * @param {SignedUrlOptions} [options]
   * @returns {Promise<string>}
   */
  async signedUrl(asset, { expiresIn = 3600, rendition, signal } = {}) {
    const json = { expires_in: expiresIn, ...(rendition && { rendition }) };
    /** @type {SignedUrlResponse} */
    const { url } = await this.#api.request("POST", assetPath(asset, "signed-url"), { json, signal });
    return url;
  }

  /** @returns {Promise<Usage>} */
  usage() {
    return this.#api.request("GET", "/usage");
  }

  /**
   * Erases everything that the owner has, permanently; `waitForJob` resolves when it is done.
   *
   * @returns {Promise<EraseResponse>}
   */
  eraseOwner() {
    return this.#api.request("DELETE", "/owner");
  }

  /**
   * Downloads an asset, a rendition or a signed URL to a Blob or, in Node, to a file or folder `to`; resolves with the Blob or
   * the file's path. Resumes after a lost connection, and verifies size and SHA-256 if they are known.
   *
   * @overload
   * @param {string} asset an id or a URL
   * @param {FileDownloadOptions} options
   * @returns {Promise<string>}
   */
  /**
   * @overload
   * @param {string} asset an id or a URL
   * @param {DownloadOptions} [options]
   * @returns {Promise<Blob>}
   */
  /**
   * @param {string} asset
   * @param {Partial<FileDownloadOptions>} [options]
   * @returns {Promise<any>}
   */
  async download(asset, options = {}) {
    const { download } = await import("./downloads.js");
    return download(this.#api, asset, options);
  }

  /**
   * Streams an asset's bytes; fails at their end if they do not match the asset's size and checksum.
   *
   * @param {string} asset an id or a URL
   * @param {StreamOptions} [options]
   * @returns {Promise<ReadableStream<Uint8Array>>}
   */
  async stream(asset, options = {}) {
    const { stream } = await import("./downloads.js");
    return stream(this.#api, asset, options);
  }

  /**
   * Starts importing a file from a public URL; `waitForJob` resolves to the job with its `asset_url`.
   *
   * @param {string} url
   * @param {ImportOptions} [options]
   * @returns {Promise<ImportResponse>}
   */
  importUrl(url, { filename, idempotencyKey = randomKey(), signal, ...options } = {}) {
    const json = { url, ...(filename !== undefined && { filename }), ...namedOptions(options) };
    return this.#api.request("POST", "/assets/import", { json, idempotencyKey, signal });
  }

  /**
   * Starts a generation. In `input`, `asset:<id>` stands for the URL of your asset, and `asset:<id>#frame=last` for that of its
   * last frame.
   *
   * @param {GenerateOptions} options
   * @returns {Promise<GenerateResponse>}
   */
  generate({ prompt, modelId, input = {}, idempotencyKey = randomKey(), signal, ...options }) {
    const json = { prompt, model_id: modelId, input, ...namedOptions(options) };
    return this.#api.request("POST", "/generate", { json, idempotencyKey, signal });
  }

  /**
   * @param {string} jobId
   * @returns {Promise<Job>}
   */
  async getJob(jobId) {
    return this.#api.request("GET", jobPath(jobId));
  }

  /**
   * @param {{limit?: number, cursor?: string | null}} [options]
   * @returns {Promise<JobListResponse>} newest first
   */
  listJobs({ limit = 50, cursor } = {}) {
    return this.#api.request("GET", "/jobs", { query: { limit, cursor } });
  }

  /**
   * @param {string} jobId
   * @returns {Promise<Job>} unchanged if it had already ended
   */
  async cancelJob(jobId) {
    return this.#api.request("POST", jobPath(jobId, "cancel"));
  }

  /**
   * Waits for a job to complete: a generation, an import or an erasure.
   *
   * @param {string} jobId
   * @param {WaitOptions} [options]
   * @returns {Promise<Job>} the completed job
   */
  async waitForJob(jobId, options = {}) {
    const path = jobPath(jobId);
    const { completedJob } = await import("./jobs.js");
    return completedJob((signal) => this.#api.request("GET", path, { signal }), options);
  }
}
