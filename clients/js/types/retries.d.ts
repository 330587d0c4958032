/**
 * Retry decisions: "full jitter" (AWS Architecture Blog, "Exponential Backoff And Jitter"), and `Retry-After` (RFC 9110,
 * section 10.2.3), which is always honored.
 * @module
 */
import type { TextResponse, OnWait } from "../internal.js";
export declare const DEFAULT_RETRIES = 5;
export declare const LONGEST_WAIT_MS = 90000;
/**
 * Repeats `send` until its response need not be retried or `retries` are used up. Resolves with the last response,
 * whatever its status, or rejects with the last NetworkError.
 *
 * @param {() => Promise<TextResponse>} send
 * @param {{retries: number, signal?: AbortSignal, alsoRetry?: number, onWait?: OnWait}} options `alsoRetry`: one more status to retry
 * @returns {Promise<TextResponse>}
 */
export declare function retrying(send: () => Promise<TextResponse>, { retries, signal, alsoRetry, onWait }: {
    retries: number;
    signal?: AbortSignal;
    alsoRetry?: number;
    onWait?: OnWait;
}): Promise<TextResponse>;
/** @param {number} attempt counts from 0 */
export declare function backoffMs(attempt: number): number;
/**
 * @param {TextResponse} response
 * @returns {number | null} seconds from now, from either form of `Retry-After`
 */
export declare function retryAfterSeconds(response: TextResponse): number | null;
/**
 * @param {number} ms milliseconds
 * @param {AbortSignal} [signal] ends the pause at once, with its reason
 * @returns {Promise<void>}
 */
export declare function sleep(ms: number, signal?: AbortSignal): Promise<void>;
