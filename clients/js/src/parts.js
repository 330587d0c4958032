/**
 * Uploads in parallel parts that resume after an abort, a crash or a reload. Loaded with the first one.
 * @module
 */

/** @import {Api} from "./api.js" */
/** @import {Asset, AssetOptions, AssetUploadResponse, PartsResponse, PartUploadResponse} from "../interfaces.js" */
/** @import {SignedPart, SignedPartsResponse, UploadOptions, UploadSource} from "../interfaces.js" */
/** @import {Declared, OnWait, Sending, Sliceable, States, UploadState} from "../internal.js" */
import { UPLOAD_TIMEOUT_MS } from "./api.js";
import { AssetApiError } from "./errors.js";
import { checked } from "./files.js";
import { namedOptions } from "./options.js";
import { backoffMs, sleep } from "./retries.js";
import { identity, isExpired, statesIn } from "./states.js";
import { S3_INTERNAL_ERROR, isExpired as hasExpired, refusedByS3, uploaded } from "./uploads.js";

const AT_ONCE = 4;
// Few, so that none expires before its part's turn.
const URLS_PER_REQUEST = 8;
const MAX_URLS_PER_PART = 4;
const MAX_ROUNDS = 3;
const PUBLISHING_PAUSE_SECONDS = 2;
const LONGEST_PUBLISHING_MS = 1_800_000;
// Uploads to begin for one idempotency key, each because the one before was aborted.
const UPLOADS_PER_KEY = 5;
// A key has at most 255 characters; an asset id follows.
const LONGEST_KEY_PREFIX = 200;

/**
 * @param {Api} api
 * @param {Sending} sending
 * @param {{report: (loaded: number) => void, stateFile?: string | URL}} options
 * @returns {Promise<AssetUploadResponse>}
 */
export async function inParts(api, sending, { report, stateFile }) {
  const { states, key } = await stateLocation(api, sending.file, sending, sending.options, stateFile);
  const removeState = async () => {
    // A leftover state does no harm: failing to remove it must hide neither the asset nor the error.
    await states?.set(key, null).catch(() => {});
  };
  try {
    const state = await states?.get(key);
    if (state?.sendsAll) state.etags ??= {};
    const resumed = state && !isExpired(state) ? await PartsUpload.resumed(api, sending, state, report) : null;
    const upload = resumed ?? await beginOrResume(api, sending, report);
    // A state file that cannot be written is an error only before the first byte is sent.
    if (!resumed) await states?.set(key, upload.state);
    upload.keep = async () => {
      await states?.set(key, upload.state).catch(() => {});
    };
    const asset = await upload.finished();
    await removeState();
    return uploaded(asset);
  } catch (error) {
    // Refused, or ended by another process: final.
    if (error instanceof AssetApiError && [400, 404].includes(error.status)) await removeState();
    throw error;
  }
}

/**
 * @param {Api} api
 * @param {UploadSource} source
 * @param {UploadOptions} given
 * @returns {Promise<boolean>} false if there is no unfinished upload of this file with these options
 */
export async function abort(api, source, given) {
  const { signal, onWait, filename, stateFile } = given;
  const file = source instanceof Blob ? source : await (await import("./sources.js")).opened(source, given);
  const { states, key } = await stateLocation(api, file, checked(file, filename, Infinity), given, stateFile);
  const state = await states?.get(key);
  if (!state) return false;
  /** @type {unknown} */
  let refusal;
  try {
    await api.request("DELETE", uploadPath(state.asset_id), { query: { upload_id: state.id }, signal, onWait });
  } catch (error) {
    const isOver = isGone(error) || (error instanceof AssetApiError && error.status === 409);
    if (!isOver) throw error;
    refusal = error;
  }
  await states?.set(key, null);
  if (refusal && !isGone(refusal)) throw refusal;
  return !refusal;
}

/**
 * @param {Api} api
 * @param {Sliceable} file
 * @param {Declared} declared
 * @param {AssetOptions} options
 * @param {string | URL | undefined} stateFile
 * @returns {Promise<{states: States | null, key: string}>} where the state of its upload is stored, if anywhere
 */
async function stateLocation(api, file, { filename, contentType }, options, stateFile) {
  // Without a modification time, an upload resumes only if the caller says so: other bytes may have the same name and size.
  const isKnown = file.lastModified !== undefined || stateFile !== undefined;
  const states = isKnown ? await statesIn(stateFile) : null;
  const described = { content_type: contentType, ...namedOptions(options) };
  return { states, key: identity(api.root, await api.tokens.current(), file, filename, described) };
}

/**
 * Begins an upload, or resumes the one with the caller's idempotency key.
 *
 * @param {Api} api
 * @param {Sending} sending
 * @param {(loaded: number) => void} report
 */
async function beginOrResume(api, sending, report) {
  let state = await begin(api, sending);
  for (let uploads = 1; uploads < UPLOADS_PER_KEY; uploads += 1) {
    const upload = await PartsUpload.resumed(api, sending, state, report);
    if (upload) return upload;
    // The upload of this key was aborted or has expired, without an asset. Every process derives the same next key, so the caller's
    // key still identifies one asset.
    const idempotencyKey = `${sending.idempotencyKey.slice(0, LONGEST_KEY_PREFIX)} ${state.asset_id}`;
    state = await begin(api, { ...sending, idempotencyKey });
  }
  return new PartsUpload(api, sending, state, report);
}

/**
 * @param {Api} api
 * @param {Sending} sending
 * @returns {Promise<UploadState>}
 */
async function begin(api, { file, filename, contentType, options, idempotencyKey, isKeyGiven, signal, onWait }) {
  const json = { filename, content_type: contentType, size_bytes: file.size, ...namedOptions(options) };
  /** @type {PartUploadResponse} */
  const { asset_id, upload } = await api.request("POST", "/uploads", { json, idempotencyKey, signal, onWait });
  const { id, part_size, part_count, expires_at } = upload;
  return { asset_id, id, part_size, part_count, expires_at, ...(isKeyGiven && { etags: {} }) };
}

/**
 * Returns whether the API says that an upload has ended: aborted, expired, or its asset deleted. A 404 from the storage is not
 * enough, because the parts may have become a file.
 *
 * @param {unknown} error
 */
function isGone(error) {
  return error instanceof AssetApiError && error.status === 404 && error.type !== "about:blank";
}

/** The storage no longer has the upload, because another process has completed or aborted it. */
class EndedMeanwhile extends AssetApiError {
  constructor() {
    super(404, "The storage no longer has this upload");
  }
}

class PartsUpload {
  /** Bytes sent of each part, by number. @type {Map<number, number>} */
  #loaded = new Map();
  /** Unused URLs. @type {Map<number, SignedPart>} */
  #urls = new Map();
  /** @type {Promise<unknown>} */
  #signing = Promise.resolve();
  /** Numbers of the parts that S3 lacks, if known. @type {number[] | null} */
  #known = null;
  /** Stores the state again. @type {() => Promise<void>} */
  keep = async () => {};

  /**
   * @param {Api} api
   * @param {Sending} sending
   * @param {UploadState} state
   * @param {(loaded: number) => void} report
   * @returns {Promise<PartsUpload | null>} null if the upload has ended
   */
  static async resumed(api, sending, state, report) {
    const upload = new PartsUpload(api, sending, state, report);
    try {
      upload.#known = await upload.#missing({ comparesBytes: true });
      return upload;
    } catch (error) {
      if (isGone(error)) return null;
      throw error;
    }
  }

  /**
   * @param {Api} api
   * @param {Sending} sending
   * @param {UploadState} state
   * @param {(loaded: number) => void} report
   */
  constructor(api, sending, state, report) {
    this.api = api;
    this.sending = sending;
    this.state = state;
    this.report = report;
  }

  /** @returns {Promise<Asset>} once every part has been sent and the asset is published */
  async finished() {
    for (let round = 1; ; round += 1) {
      const missing = this.#known ?? await this.#missing();
      this.#known = null;
      try {
        if (missing.length) {
          await this.#send(missing);
          // Another process may have overwritten parts with those of another version, which shows if ETags can be read.
          const isComparable = Object.keys(this.state.etags ?? {}).length === this.state.part_count;
          if (isComparable && (await this.#missing()).length) throw new AssetApiError(409, "Another version is being uploaded");
          await this.#requireUnchanged();
        }
        return await completed(this.api, this.state.asset_id, this.state.id, this.sending);
      } catch (error) {
        // S3 still lacks parts, has those of another version, or another process has completed the upload: ask again.
        const mayBeResolved = error instanceof EndedMeanwhile || (error instanceof AssetApiError && error.status === 409);
        if (!mayBeResolved || round === MAX_ROUNDS) throw error;
        await sleep(backoffMs(round), this.sending.signal);
      }
    }
  }

  /** Compares a file that was touched with what S3 has, since a file can change and keep its size and modification time. */
  async #requireUnchanged() {
    if (!(await this.sending.file.wasTouched?.())) return;
    if ((await this.#missing({ comparesBytes: true })).length) throw new AssetApiError(400, "The file changed during its upload");
  }

  /**
   * @param {{comparesBytes?: boolean}} [options] `comparesBytes`: with the file, if its MD5s can be computed
   * @returns {Promise<number[]>} numbers of the parts that S3 does not have; none once the upload was completed
   */
  async #missing({ comparesBytes = false } = {}) {
    const { signal, onWait } = this.sending;
    const query = { upload_id: this.state.id };
    /** @type {PartsResponse} */
    const response = await this.api.request("GET", uploadPath(this.state.asset_id), { query, signal, onWait });
    if (response.status === "completed") return [];
    const { etags } = this.state;
    /** @type {PartsResponse["parts"]} */
    const own = [];
    for (const part of response.parts) {
      const isOwn = !etags || (part.etag && etags[part.part_number] === part.etag);
      if (isOwn && (!comparesBytes || (await this.#holds(part)))) own.push(part);
    }
    this.#loaded = new Map(own.map(({ part_number, size }) => [part_number, size]));
    this.#reportSum();
    const numbers = Array.from({ length: this.state.part_count }, (_, index) => index + 1);
    return numbers.filter((number) => !this.#loaded.has(number));
  }

  /**
   * Tells whether S3's part has the file's bytes, as far as that is known.
   *
   * @param {PartsResponse["parts"][number]} part
   */
  async #holds({ part_number, size, etag }) {
    const { file, signal } = this.sending;
    const [, md5] = /^"?([0-9a-f]{32})"?$/.exec(etag) ?? [];
    if (!md5 || !file.md5) return true;
    signal?.throwIfAborted();
    const start = (part_number - 1) * this.state.part_size;
    return md5 === (await file.md5(start, start + size).catch(() => ""));
  }

  /**
   * @param {number} number
   * @param {number} bytes
   */
  #sent(number, bytes) {
    this.#loaded.set(number, bytes);
    this.#reportSum();
  }

  #reportSum() {
    this.report([...this.#loaded.values()].reduce((sum, each) => sum + each, 0));
  }

  /** @param {number[]} missing */
  async #send(missing) {
    const stop = new AbortController();
    const { signal } = this.sending;
    const abort = () => stop.abort(signal?.reason);
    signal?.addEventListener("abort", abort);
    const waiting = [...missing];
    const worker = async () => {
      for (let number = waiting.shift(); number; number = waiting.shift()) {
        const start = (number - 1) * this.state.part_size;
        const bytes = await this.sending.file.slice(start, Math.min(start + this.state.part_size, this.sending.file.size));
        await this.#sendPart(number, bytes, waiting, stop.signal);
      }
    };
    try {
      signal?.throwIfAborted();
      await Promise.all(Array.from({ length: Math.min(AT_ONCE, missing.length) }, worker));
    } finally {
      stop.abort(); // the others, if one has failed
      signal?.removeEventListener("abort", abort);
    }
  }

  /**
   * @param {number} number
   * @param {Blob} body
   * @param {readonly number[]} next numbers of the parts that follow
   * @param {AbortSignal} signal
   */
  async #sendPart(number, body, next, signal) {
    const { onWait, onSent } = this.sending;
    for (let urls = 1; ; urls += 1) {
      const { method, url, headers } = await this.#signed(number, next, signal);
      const exchange = { method, url, headers, body, signal, timeoutMs: UPLOAD_TIMEOUT_MS };
      const reportPart = onSent && ((/** @type {number} */ bytes) => this.#sent(number, bytes));
      const response = await this.api.sendWithRetries(() => this.api.transport(exchange, reportPart),
        { signal, onWait, alsoRetry: S3_INTERNAL_ERROR });
      if (response.status < 300) {
        await this.#keepETag(number, response.header("etag"));
        return this.#sent(number, body.size);
      }
      this.#loaded.delete(number);
      if (response.text.includes("<Code>NoSuchUpload</Code>")) throw new EndedMeanwhile();
      // S3 ends requests that are silent for too long (400 RequestTimeout).
      const mayHelp = hasExpired(response) || response.text.includes("RequestTimeout");
      if (!mayHelp || urls === MAX_URLS_PER_PART) throw refusedByS3(response);
      await sleep(backoffMs(urls), signal);
    }
  }

  /**
   * @param {number} number
   * @param {string | null} etag
   */
  async #keepETag(number, etag) {
    if (!this.state.etags || !etag) return;
    this.state.etags[number] = etag;
    await this.keep();
  }

  /**
   * @param {number} number
   * @param {readonly number[]} next
   * @param {AbortSignal} signal
   * @returns {Promise<SignedPart>} an unused URL
   */
  async #signed(number, next, signal) {
    const takeUrl = () => {
      const signed = this.#urls.get(number);
      this.#urls.delete(number);
      return signed;
    };
    const turn = this.#signing.then(async () => {
      const known = takeUrl();
      if (known) return known;
      const wanted = [number, ...next.filter((each) => !this.#urls.has(each))].slice(0, URLS_PER_REQUEST);
      const json = { upload_id: this.state.id, part_numbers: wanted };
      /** @type {SignedPartsResponse} */
      const { parts } = await this.api.request("POST", uploadPath(this.state.asset_id, "parts"), { json, signal, onWait: this.sending.onWait });
      for (const part of parts) this.#urls.set(part.part_number, part);
      const signed = takeUrl();
      if (!signed) throw new AssetApiError(200, `The server returned no URL for part ${number}`);
      return signed;
    });
    this.#signing = turn.catch(() => {});
    return turn;
  }
}

/**
 * @param {string} assetId
 * @param {...string} further
 */
export function uploadPath(assetId, ...further) {
  return ["/uploads", ...[assetId, ...further].map(encodeURIComponent)].join("/");
}

/**
 * Completes an upload, and waits until its asset is published.
 *
 * @param {Api} api
 * @param {string} assetId
 * @param {string | undefined} uploadId
 * @param {{signal?: AbortSignal, onWait?: OnWait}} options
 * @returns {Promise<Asset>}
 */
export async function completed(api, assetId, uploadId, { signal, onWait }) {
  const deadline = Date.now() + LONGEST_PUBLISHING_MS;
  for (;;) {
    let seconds = null;
    /** @type {Asset} */
    const asset = await api.request("POST", uploadPath(assetId, "complete"), {
      json: { upload_id: uploadId }, signal, onWait,
      onResponse: ({ status, retryAfter }) => (seconds = status === 202 ? (retryAfter ?? PUBLISHING_PAUSE_SECONDS) : null),
    });
    if (seconds === null) return asset;
    if (Date.now() > deadline) throw new AssetApiError(202, `Asset ${assetId} is not published yet`);
    await sleep(seconds * 1000, signal);
  }
}
