/**
 * @import {
 *   Asset, AssetChanges, AssetListResponse, AssetUploadResponse, DeleteManyResponse, DeleteResponse, EraseResponse, Filters,
 *   GenerateOptions, GenerateResponse, ImportOptions, ImportResponse, Job, JobListResponse, PageOptions, UploadOptions, Usage,
 *   WaitOptions,
 * } from "../interfaces.js"
 */
import { Api } from "./api.js";
import { AssetApiError } from "./errors.js";
import { ended } from "./jobs.js";
import { namedOptions } from "./options.js";
import { assetId, assetPath } from "./references.js";
import { DEFAULT_RETRIES } from "./retries.js";
import { transportOf } from "./transport.js";
import { randomKey, upload } from "./uploads.js";

const DELETES_PER_REQUEST = 100;

/**
 * A client of the Asset Upload API. Every method rejects with AssetApiError, or with the reason of its `signal`.
 *
 * Lost connections, rate limits and transient failures are retried, `retries` times.
 */
export class AssetClient {
  #api;

  /**
   * @param {string} baseUrl for example `https://d111111abcdef8.cloudfront.net`; empty for the page's own host
   * @param {string} token
   * @param {{fetch?: typeof globalThis.fetch, retries?: number}} [options] `fetch` replaces the default transport
   */
  constructor(baseUrl, token, { fetch, retries = DEFAULT_RETRIES } = {}) {
    if (baseUrl) new URL(baseUrl); // A TypeError now rather than a request that can never succeed.
    this.#api = new Api(baseUrl, token, transportOf(fetch), retries);
  }

  /** Replaces the token for all requests from now on. */
  set token(/** @type {string} */ token) {
    this.#api.token = token;
  }

  /**
   * Uploads a file of up to 50 MB: in one request up to 4 MiB, else straight to S3. It is public when this resolves.
   *
   * @param {Blob} file for example a File, or of Node's `fs.openAsBlob`
   * @param {UploadOptions} [options]
   * @returns {Promise<AssetUploadResponse>}
   */
  upload(file, options = {}) {
    return upload(this.#api, file, options);
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
   * Lists a page by cursor, at the same cost at any depth.
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
  get(asset) {
    return this.#api.request("GET", assetPath(asset, "metadata"));
  }

  /**
   * Changes the properties given, and no others.
   *
   * @param {string} asset an id or a URL
   * @param {AssetChanges} changes `expiresIn` in seconds from now, null for never
   * @returns {Promise<Asset>}
   */
  update(asset, { filename, ...options }) {
    const json = { ...(filename !== undefined && { filename }), ...namedOptions(options) };
    return this.#api.request("PATCH", assetPath(asset), { json });
  }

  /**
   * @param {string} asset an id or a URL
   * @param {{keepalive?: boolean}} [options] `keepalive` completes the request even if the page is left
   * @returns {Promise<DeleteResponse>}
   */
  delete(asset, { keepalive } = {}) {
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
   * The URL of a rendition, such as `w640.webp`, `frame-last.png` or `frame-poster-w320.webp`. No request is made.
   *
   * @param {string} asset an id or a URL
   * @param {string} rendition
   */
  renditionUrl(asset, rendition) {
    return this.#api.url(assetPath(asset, rendition));
  }

  /**
   * Starts to import a file from a public URL; `waitForJob` resolves to the job with its `asset_url`.
   *
   * @param {string} url
   * @param {ImportOptions} [options]
   * @returns {Promise<ImportResponse>}
   */
  importUrl(url, { filename, idempotencyKey = randomKey(), signal, ...options } = {}) {
    const json = { url, ...(filename !== undefined && { filename }), ...namedOptions(options) };
    return this.#api.request("POST", "/assets/import", { json, idempotencyKey, signal });
  }

  /** @returns {Promise<Usage>} */
  usage() {
    return this.#api.request("GET", "/usage");
  }

  /**
   * Erases everything that the owner has, for good; `waitForJob` resolves when it is done.
   *
   * @returns {Promise<EraseResponse>}
   */
  eraseOwner() {
    return this.#api.request("DELETE", "/owner");
  }

  /**
   * Starts a generation. In `input`, `asset:<id>` stands for the URL of an asset of yours, and `asset:<id>#frame=last` for its
   * last frame's.
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
  getJob(jobId) {
    return this.#job(jobId);
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
  cancelJob(jobId) {
    return this.#api.request("POST", `/jobs/${encodeURIComponent(jobId)}/cancel`);
  }

  /**
   * Waits for a job to complete: a generation, an import or an erasure.
   *
   * @param {string} jobId
   * @param {WaitOptions} [options]
   * @returns {Promise<Job>} the completed job
   */
  waitForJob(jobId, options = {}) {
    return ended((signal) => this.#job(jobId, signal), options);
  }

  /**
   * @param {string} jobId
   * @param {AbortSignal} [signal]
   * @returns {Promise<Job>}
   */
  #job(jobId, signal) {
    return this.#api.request("GET", `/jobs/${encodeURIComponent(jobId)}`, { signal });
  }
}
