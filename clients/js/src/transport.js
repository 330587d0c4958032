/**
 * HTTP exchanges by `fetch`, or by XMLHttpRequest for progress: `fetch` does not report sent bytes.
 *
 * A transport rejects with a NetworkError without a complete response, with an AssetApiError if the file to send can no longer be
 * read, and with the signal's reason when aborted.
 * @module
 */

/** @import {Exchange, OnSent, Transport} from "../internal.js" */
import { AssetApiError } from "./errors.js";

/** No complete response: the server may or may not have acted. */
export class NetworkError extends Error {}

/**
 * @param {typeof globalThis.fetch} [fetch] a custom implementation
 * @returns {Transport}
 */
export function transportOf(fetch) {
  const byFetch = fetchTransport(fetch ?? globalThis.fetch.bind(globalThis));
  const hasXhr = !fetch && typeof XMLHttpRequest !== "undefined";
  return async (exchange, onSent) => {
    try {
      return await (onSent && hasXhr ? xhrTransport(exchange, onSent) : byFetch(exchange));
    } catch (error) {
      if (error instanceof NetworkError) await requireReadable(exchange.body);
      throw error;
    }
  };
}

/**
 * Files fail like connections, but cannot be sent again: a file on disk becomes unreadable when its size or time changes.
 *
 * @param {Exchange["body"]} body
 * @throws {AssetApiError}
 */
async function requireReadable(body) {
  const file = body instanceof FormData ? body.get("file") : body;
  if (!(file instanceof Blob)) return;
  await file.slice(0, 1).arrayBuffer().catch((cause) => {
    throw new AssetApiError(400, "The file changed or disappeared during its upload", { cause });
  });
}

/**
 * @param {typeof globalThis.fetch} fetch
 * @returns {Transport}
 */
function fetchTransport(fetch) {
  return async ({ url, timeoutMs, signal, ...request }) => {
    signal?.throwIfAborted();
    // Not AbortSignal.any, which browsers of 2023 and Node 20.0 lack.
    const controller = new AbortController();
    const abort = () => controller.abort(signal?.reason);
    const timer = setTimeout(() => controller.abort(new NetworkError(noResponse(timeoutMs))), timeoutMs);
    signal?.addEventListener("abort", abort);
    try {
      const response = await fetch(url, { ...request, signal: controller.signal });
      return {
        status: response.status,
        header: (name) => response.headers.get(name),
        text: await response.text(),
      };
    } catch (error) {
      signal?.throwIfAborted();
      throw error instanceof NetworkError ? error : new NetworkError(messageOf(error), { cause: error });
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener("abort", abort);
    }
  };
}

/**
 * @param {Exchange} exchange
 * @param {OnSent} onSent
 * @returns {ReturnType<Transport>}
 */
function xhrTransport({ method, url, headers = {}, body, timeoutMs, signal }, onSent) {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const xhr = new XMLHttpRequest();
    const abort = () => xhr.abort();
    xhr.open(method, url);
    for (const [name, value] of Object.entries(headers)) xhr.setRequestHeader(name, value);
    xhr.timeout = timeoutMs;
    xhr.upload.onprogress = ({ loaded, total }) => onSent(loaded, total);
    xhr.onload = () =>
      resolve({ status: xhr.status, header: (name) => xhr.getResponseHeader(name), text: xhr.responseText });
    xhr.onerror = () => reject(new NetworkError("the connection failed"));
    xhr.ontimeout = () => reject(new NetworkError(noResponse(timeoutMs)));
    xhr.onabort = () => reject(signal?.reason);
    xhr.onloadend = () => signal?.removeEventListener("abort", abort);
    signal?.addEventListener("abort", abort);
    xhr.send(body);
  });
}

/** @param {number} timeoutMs */
function noResponse(timeoutMs) {
  return `no response within ${timeoutMs / 1000} s`;
}

/**
 * Describes an error: Node's `fetch` says only "fetch failed", and its cause has the details.
 * @param {unknown} error
 */
export function messageOf(error) {
  const { message, cause } = /** @type {Error} */ (error);
  return cause instanceof Error && cause.message ? cause.message : message;
}
