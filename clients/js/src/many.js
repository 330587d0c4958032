/**
 * Uploads of many files. Loaded with the first.
 * @module
 */

/** @import {Api} from "./api.js" */
/** @import {ManyOptions, UploadOutcome, UploadSource} from "../interfaces.js" */
/** @import {TextResponse, Exchange, OnSent, Transport} from "../internal.js" */
import { UploadPace } from "./pacing.js";
import { sizeOf } from "./sources.js";
import { LONGEST_WAIT_MS, retryAfterSeconds, sleep } from "./retries.js";
import { upload } from "./uploads.js";

const DEFAULT_CONCURRENCY = 4;
const A_SECOND_MS = 1000;
// Consecutive refusals, counted over all files, after which a refusal is final.
const MAX_REFUSALS = 30;

/**
 * @param {Api} api
 * @param {Iterable<UploadSource>} files
 * @param {ManyOptions} given
 * @returns {Promise<UploadOutcome[]>}
 */
export async function uploadMany(api, files, given) {
  const { concurrency = DEFAULT_CONCURRENCY, onProgress, onOutcome, onWait, signal, ...options } = given;
  // The parts of these are characters or bytes.
  if (typeof files === "string" || files instanceof URL || ArrayBuffer.isView(files) || !files?.[Symbol.iterator]) {
    throw new TypeError("uploadMany takes several files, such as an array of paths; upload takes one");
  }
  if (!(concurrency >= 1)) throw new TypeError(`concurrency is 1 or more; this is ${concurrency}`);
  const sources = [...files];
  const sizes = await Promise.all(sources.map(sizeOf));
  const total = sizes.reduce((sum, size) => sum + size, 0);
  const loaded = sizes.map(() => 0);
  /** @type {UploadOutcome[]} */
  const outcomes = [];
  const limited = Object.assign(Object.create(api), { transport: paced(api.transport, onWait) });

  /** @param {number} index */
  const uploadOne = async (index) => {
    const file = /** @type {UploadSource} */ (sources[index]);
    const report = (/** @type {number} */ bytes) => {
      loaded[index] = Math.min(bytes, sizes[index] ?? 0);
      onProgress?.({ loaded: loaded.reduce((sum, each) => sum + each, 0), total });
    };
    const asset = await upload(limited, file, { ...options, signal, onWait, onProgress: (progress) => report(progress.loaded) })
      .catch((error) => {
        signal?.throwIfAborted();
        return { error };
      });
    outcomes[index] = "error" in asset ? { file, ...asset } : { file, asset };
    report(Infinity); // a failed file counts as done
    onOutcome?.(/** @type {UploadOutcome} */ (outcomes[index]));
  };
  const waiting = sources.map((_, index) => index);
  const worker = async () => {
    for (let index = waiting.shift(); index !== undefined; index = waiting.shift()) await uploadOne(index);
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
  return outcomes;
}

/**
 * Returns a transport whose uploads keep to the pace that the service states, and do not count a 429 as a failure.
 *
 * @param {Transport} transport
 * @param {ManyOptions["onWait"]} onWait
 * @returns {Transport}
 */
function paced(transport, onWait) {
  const pace = new UploadPace();
  let refusals = 0;
  let reportedUntil = 0;
  let resolveResponse = () => {};
  /** @type {Promise<void>} */
  let nextResponse;
  const expectNextResponse = () => (nextResponse = new Promise((resolve) => (resolveResponse = resolve)));
  expectNextResponse();

  /**
   * @param {number} ms
   * @param {AbortSignal} [signal]
   */
  const pause = (ms, signal) => {
    // Once for the uploads that wait together.
    if (Date.now() + ms > reportedUntil + A_SECOND_MS) {
      reportedUntil = Date.now() + ms;
      onWait?.({ status: 429, seconds: ms / 1000 });
    }
    return sleep(ms, signal);
  };
  /**
   * @param {Exchange} exchange
   * @param {OnSent} [onSent]
   * @returns {Promise<TextResponse>}
   */
  const send = async (exchange, onSent) => {
    // Exactly the requests that count as uploads have a key.
    const key = exchange.headers?.["Idempotency-Key"];
    if (!key) return transport(exchange, onSent);
    for (let ms = pace.take(key); ms > 0; ms = pace.take(key)) await (ms < Infinity ? pause(ms, exchange.signal) : nextResponse);
    let response = null;
    try {
      response = await transport(exchange, onSent);
    } finally {
      pace.responded(key, response);
      resolveResponse();
      expectNextResponse();
    }
    return response;
  };
  return async (exchange, onSent) => {
    if (!exchange.headers?.Authorization) return transport(exchange, onSent); // to S3
    for (;;) {
      const response = await send(exchange, onSent);
      refusals = response.status === 429 ? refusals + 1 : 0;
      const waitMs = 1000 * (retryAfterSeconds(response) ?? 1);
      if (response.status !== 429 || waitMs > LONGEST_WAIT_MS || refusals > MAX_REFUSALS) return response;
      await pause(waitMs, exchange.signal);
    }
  };
}
