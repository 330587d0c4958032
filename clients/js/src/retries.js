/**
 * Retry decisions: "full jitter" (AWS Architecture Blog, "Exponential Backoff And Jitter"), and `Retry-After` (RFC 9110,
 * section 10.2.3), which is always honored.
 * @module
 */

/** @import {TextResponse, OnWait} from "../internal.js" */
import { NetworkError } from "./transport.js";

export const DEFAULT_RETRIES = 5;
const BASE_MS = 500;
const LONGEST_BACKOFF_MS = 20_000;
// The API's rate limits span a minute. Longer waits are reported as errors.
export const LONGEST_WAIT_MS = 90_000;
const RETRYABLE = [429, 502, 503, 504];

/**
 * Repeats `send` until its response need not be retried or `retries` are used up. Resolves with the last response,
 * whatever its status, or rejects with the last NetworkError.
 *
 * @param {() => Promise<TextResponse>} send
 * @param {{retries: number, signal?: AbortSignal, alsoRetry?: number, onWait?: OnWait}} options `alsoRetry`: one more status to retry
 * @returns {Promise<TextResponse>}
 */
export async function retrying(send, { retries, signal, alsoRetry, onWait }) {
  for (let attempt = 0; ; attempt += 1) {
    let waitMs = backoffMs(attempt);
    let status = 0;
    try {
      const response = await send();
      status = response.status;
      const retryable = RETRYABLE.includes(status) || status === alsoRetry;
      waitMs += 1000 * (retryAfterSeconds(response) ?? 0);
      if (!retryable || attempt >= retries || waitMs > LONGEST_WAIT_MS) return response;
    } catch (error) {
      if (!(error instanceof NetworkError) || attempt >= retries) throw error;
    }
    onWait?.({ status, seconds: waitMs / 1000 });
    await sleep(waitMs, signal);
  }
}

/** @param {number} attempt counts from 0 */
export function backoffMs(attempt) {
  return Math.random() * Math.min(LONGEST_BACKOFF_MS, BASE_MS * 2 ** attempt);
}

/**
 * @param {TextResponse} response
 * @returns {number | null} seconds from now, from either form of `Retry-After`
 */
export function retryAfterSeconds(response) {
  const text = response.header("retry-after");
  if (!text) return null;
  const seconds = /^\d+$/.test(text) ? Number(text) : Math.ceil((Date.parse(text) - Date.now()) / 1000);
  return Number.isNaN(seconds) ? null : Math.max(0, seconds);
}

/**
 * @param {number} ms milliseconds
 * @param {AbortSignal} [signal] ends the pause at once, with its reason
 * @returns {Promise<void>}
 */
export function sleep(ms, signal) {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const abort = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", abort);
      resolve();
    }, ms);
    signal?.addEventListener("abort", abort, { once: true });
  });
}
