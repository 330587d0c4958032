/**
 * @import {
 *   Asset, AssetListResponse, AssetUploadResponse, DeleteResponse, FileKind, GenerateOptions, GenerateResponse, Job,
 *   JobListResponse, PageOptions, UploadOptions, WaitOptions,
 * } from "../interfaces.js"
 */
import { Api } from "./api.js";
import { AssetApiError } from "./errors.js";
import { ended } from "./jobs.js";
import { DEFAULT_RETRIES } from "./retries.js";
import { transportOf } from "./transport.js";
import { randomKey, upload } from "./uploads.js";

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
  listPage({ limit = 50, cursor, fileType, signal } = {}) {
    return this.#api.request("GET", "/assets", { query: { limit, cursor, file_type: fileType }, signal });
  }

  /**
   * Iterates over all assets, newest first, page by page.
   *
   * @param {{fileType?: FileKind, pageSize?: number, signal?: AbortSignal}} [options]
   * @returns {AsyncGenerator<Asset, void, void>}
   */
  async *assets({ fileType, pageSize = 100, signal } = {}) {
    /** @type {string | null} */
    let cursor = null;
    do {
      /** @type {AssetListResponse} */
      const page = await this.listPage({ limit: pageSize, cursor, fileType, signal });
      yield* page.assets;
      if (cursor && page.next_cursor === cursor) {
        throw new AssetApiError(200, "The server is not an Asset Upload API: its list never ends");
      }
      cursor = page.next_cursor;
    } while (cursor);
  }

  /**
   * @param {string} assetId
   * @returns {Promise<Asset>}
   */
  get(assetId) {
    return this.#api.request("GET", `/assets/${encodeURIComponent(assetId)}/metadata`);
  }

  /**
   * @param {string} assetId
   * @param {{keepalive?: boolean}} [options] `keepalive` completes the request even if the page is left
   * @returns {Promise<DeleteResponse>}
   */
  delete(assetId, { keepalive } = {}) {
    const alreadyDone = { success: true, message: `Asset ${assetId} deleted successfully` };
    return this.#api.request("DELETE", `/assets/${encodeURIComponent(assetId)}`, { alreadyDone, keepalive });
  }

  /**
   * Starts a generation.
   *
   * @param {GenerateOptions} options
   * @returns {Promise<GenerateResponse>}
   */
  generate({ prompt, modelId, input = {}, idempotencyKey = randomKey(), signal }) {
    const json = { prompt, model_id: modelId, input };
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
   * Waits for a generation to complete.
   *
   * @param {string} jobId
   * @param {WaitOptions} [options]
   * @returns {Promise<Job>} the completed job, with its `video_url`
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
