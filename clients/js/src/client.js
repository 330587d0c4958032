/**
 * @import {
 *   Asset, AssetListResponse, AssetUploadResponse, DeleteResponse, FileKind, GenerateOptions, GenerateResponse, Job,
 *   JobListResponse, PageOptions, UploadOptions, WaitOptions,
 * } from "../interfaces.js"
 */
import { Api } from "./api.js";
import { ended } from "./jobs.js";
import { DEFAULT_RETRIES } from "./retries.js";
import { transportOf } from "./transport.js";
import { randomKey, upload } from "./uploads.js";

/**
 * A client of the Asset Upload API. Every method rejects with AssetApiError, or with the reason of its `signal`.
 *
 * What a lost connection, a limit or a passing failure keeps from succeeding is tried again, `retries` times.
 */
export class AssetClient {
  #api;

  /**
   * @param {string} baseUrl for example `https://d111111abcdef8.cloudfront.net`; empty for the page's own
   * @param {string} token
   * @param {{fetch?: typeof globalThis.fetch, retries?: number}} [options] with `fetch`, it is used for everything
   */
  constructor(baseUrl, token, { fetch, retries = DEFAULT_RETRIES } = {}) {
    if (baseUrl) new URL(baseUrl); // A TypeError now, not a request that can never succeed.
    this.#api = new Api(baseUrl, token, transportOf(fetch), retries);
  }

  /** Another token, of the same owner as a rule, for all requests that begin from now on. */
  set token(/** @type {string} */ token) {
    this.#api.token = token;
  }

  /**
   * Uploads up to 50 MB: in one request up to 4 MiB, else straight to S3. It is public and listed when this resolves.
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
   * A page at the same cost at any depth.
   *
   * @param {PageOptions} [options]
   * @returns {Promise<AssetListResponse>} newest first
   */
  listPage({ limit = 50, cursor, fileType, signal } = {}) {
    return this.#api.request("GET", "/assets", { query: { limit, cursor, file_type: fileType }, signal });
  }

  /**
   * All of them, newest first, page by page.
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
   * @param {{keepalive?: boolean}} [options] with `keepalive`, it is sent even if the page is left meanwhile
   * @returns {Promise<DeleteResponse>}
   */
  delete(assetId, { keepalive } = {}) {
    const alreadyDone = { success: true, message: `Asset ${assetId} deleted successfully` };
    return this.#api.request("DELETE", `/assets/${encodeURIComponent(assetId)}`, { alreadyDone, keepalive });
  }

  /**
   * Starts a video.
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
   * @returns {Promise<Job>} as it ended, if it had before
   */
  cancelJob(jobId) {
    return this.#api.request("POST", `/jobs/${encodeURIComponent(jobId)}/cancel`);
  }

  /**
   * Waits for a video.
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
