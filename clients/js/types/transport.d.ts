/**
 * HTTP exchanges by `fetch`, or by XMLHttpRequest where progress is wanted: `fetch` does not report sent bytes.
 *
 * A transport rejects with a NetworkError without a complete response, and with the signal's reason when aborted.
 * @module
 */
import type { Transport } from "../internal.js";
/** @import {Exchange, OnSent, Transport} from "../internal.js" */
/** No complete response: the server may or may not have acted. */
export declare class NetworkError extends Error {
}
/**
 * @param {typeof globalThis.fetch} [fetch] a custom implementation
 * @returns {Transport}
 */
export declare function transportOf(fetch?: typeof globalThis.fetch): Transport;
/**
 * Node's `fetch` says only "fetch failed"; what failed is in the cause.
 * @param {unknown} error
 */
export declare function wordsOf(error: unknown): string;
