/**
 * HTTP exchanges by `fetch`, or by XMLHttpRequest for progress: `fetch` does not report sent bytes.
 *
 * A transport rejects with a NetworkError without a complete response, with an AssetApiError if the file to send can no longer be
 * read, and with the signal's reason when aborted.
 * @module
 */
import type { Transport } from "../internal.js";
/** No complete response: the server may or may not have acted. */
export declare class NetworkError extends Error {
}
/**
 * @param {typeof globalThis.fetch} [fetch] a custom implementation
 * @returns {Transport}
 */
export declare function transportOf(fetch?: typeof globalThis.fetch): Transport;
/**
 * Describes an error: Node's `fetch` says only "fetch failed", and its cause has the details.
 * @param {unknown} error
 */
export declare function messageOf(error: unknown): string;
