/**
 * Uploads of many files. Loaded with the first.
 * @module
 */

/** @import {Api} from "./api.js" */
/** @import {ManyOptions, UploadOutcome, UploadSource} from "../interfaces.js" */
/** @import {Answer, Exchange, OnSent, Transport} from "../internal.js" */
import { sizeOf } from "./sources.js";
import { LONGEST_WAIT_MS, retryAfterSeconds, sleep } from "./retries.js";
import { upload } from "./uploads.js";

const DEFAULT_CONCURRENCY = 4;

/**
 * @param {Api} api
 * @param {Iterable<UploadSource>} files
 * @param {ManyOptions} given
 * @returns {Promise<UploadOutcome[]>}
 */
export async function uploadMany(api, files, given) {
  const { concurrency = DEFAULT_CONCURRENCY, onProgress, onOutcome, onWait, signal, ...options } = given;
  if (!(concurrency >= 1)) throw new TypeError(`concurrency is 1 or more; this is ${concurrency}`);
  const sources = [...files];
  const sizes = await Promise.all(sources.map(sizeOf));
  const total = sizes.reduce((sum, size) => sum + size, 0);
  const loaded = sizes.map(() => 0);
  /** @type {UploadOutcome[]} */
  const outcomes = [];
  const limited = Object.assign(Object.create(api), { transport: waitingTogether(api.transport, onWait) });

  /** @param {number} index */
  const one = async (index) => {
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
    for (let index = waiting.shift(); index !== undefined; index = waiting.shift()) await one(index);
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
  return outcomes;
}

/**
 * Returns a transport whose requests wait together after a 429 and do not count it as a failure: the rate limit is per owner,
 * so if one is refused, so are the others.
 *
 * @param {Transport} transport
 * @param {ManyOptions["onWait"]} onWait
 * @returns {Transport}
 */
function waitingTogether(transport, onWait) {
  let opensAt = 0;
  /** One at a time after a refusal, until one is admitted. @type {Promise<unknown>} */
  let turn = Promise.resolve();
  let isLimited = false;

  /**
   * @param {Exchange} exchange
   * @param {OnSent} [onSent]
   * @returns {Promise<Answer>}
   */
  const admitted = async (exchange, onSent) => {
    for (;;) {
      if (opensAt > Date.now()) await sleep(opensAt - Date.now(), exchange.signal);
      const answer = await transport(exchange, onSent);
      if (answer.status !== 429) return answer;
      const waitMs = 1000 * (retryAfterSeconds(answer) ?? 1);
      if (waitMs > LONGEST_WAIT_MS) return answer;
      isLimited = true;
      if (opensAt <= Date.now()) onWait?.({ status: 429, seconds: waitMs / 1000 }); // once for requests refused together
      opensAt = Math.max(opensAt, Date.now() + waitMs);
    }
  };
  return async (exchange, onSent) => {
    if (!exchange.headers?.Authorization) return transport(exchange, onSent); // to S3
    if (!isLimited) return admitted(exchange, onSent);
    const mine = turn.then(() => admitted(exchange, onSent));
    turn = mine.catch(() => {});
    const answer = await mine;
    isLimited = opensAt > Date.now();
    return answer;
  };
}
