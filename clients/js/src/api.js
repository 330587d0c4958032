/** @import {TokenSource} from "../interfaces.js" */
/** @import {TextResponse, Call, OnWait} from "../internal.js" */
import { AssetApiError } from "./errors.js";
import { rootOf } from "./references.js";
import { retryAfterSeconds, retrying } from "./retries.js";
import { Tokens } from "./tokens.js";
import { NetworkError, transportOf } from "./transport.js";

// The API responds within 30 s, cold starts included.
const RESPONSE_TIMEOUT_MS = 60_000;
/** The lifetime of an upload form; applies to requests that carry a file. */
export const UPLOAD_TIMEOUT_MS = 900_000;

/** Authenticated requests with retries; responses become JSON or an AssetApiError. */
export class Api {
  /**
   * @param {string} baseUrl
   * @param {TokenSource} token
   * @param {typeof globalThis.fetch | undefined} fetch
   * @param {number} retries
   */
  constructor(baseUrl, token, fetch, retries) {
    this.root = rootOf(baseUrl);
    this.tokens = new Tokens(token);
    this.fetch = fetch ?? globalThis.fetch.bind(globalThis);
    this.transport = transportOf(fetch);
    this.retries = retries;
  }

  /** @param {string} path after `/api/v2` */
  url(path) {
    return `${this.root}/api/v2${path}`;
  }

  /**
   * @template Body
   * @param {string} method
   * @param {string} path after `/api/v2`
   * @param {Call} [call]
   * @returns {Promise<Body>}
   * @throws {AssetApiError}
   */
  async request(method, path, call = {}) {
    const { query = {}, json, form, idempotencyKey, signal, keepalive, onSent, onWait, onResponse, alreadyDone } = call;
    const parameters = Object.entries(query).flatMap(([name, value]) => (value == null ? [] : [[name, `${value}`]]));
    const url = `${this.url(path)}${parameters.length ? `?${new URLSearchParams(parameters)}` : ""}`;
    const headers = {
      ...(json && { "Content-Type": "application/json" }),
      ...(idempotencyKey && { "Idempotency-Key": idempotencyKey }),
    };
    const exchange = {
      method, url, signal, keepalive,
      body: json ? JSON.stringify(json) : form,
      timeoutMs: form ? UPLOAD_TIMEOUT_MS : RESPONSE_TIMEOUT_MS,
    };
    let attempts = 0;
    const send = () => {
      attempts += 1;
      return this.authorized((authorization) =>
        this.transport({ ...exchange, headers: { ...headers, Authorization: authorization } }, onSent));
    };
    const response = await this.sendWithRetries(send, { signal, onWait });
    onResponse?.({ status: response.status, retryAfter: retryAfterSeconds(response) });
    return attempts > 1 && response.status === 404 && alreadyDone ? alreadyDone : parsed(response);
  }

  /**
   * Sends a request; if its token is refused and can be renewed, once more with another one.
   *
   * @param {(authorization: string) => Promise<TextResponse>} send
   */
  async authorized(send) {
    const token = await this.tokens.current();
    const response = await send(`Bearer ${token}`);
    return response.status === 401 && this.tokens.canRenew ? send(`Bearer ${await this.tokens.current(token)}`) : response;
  }

  /**
   * @param {() => Promise<TextResponse>} send
   * @param {{signal?: AbortSignal, alsoRetry?: number, onWait?: OnWait}} options
   * @throws {AssetApiError} with status 0 without a response
   */
  async sendWithRetries(send, options) {
    try {
      return await retrying(send, { retries: this.retries, ...options });
    } catch (error) {
      if (!(error instanceof NetworkError)) throw error;
      throw new AssetApiError(0, `The server could not be reached: ${error.message}`, { cause: error });
    }
  }
}

/**
 * @param {TextResponse} response
 * @returns {any} the body of a success
 * @throws {AssetApiError}
 */
export function parsed(response) {
  const body = jsonOf(response.text);
  if (response.status >= 200 && response.status < 300 && typeof body === "object" && body) return body;
  // API Gateway's own errors, if a function has crashed or is throttled, have a `message`. HTML comes from a proxy, or from
  // a server that is not this API.
  const detail = [body?.detail, body?.message].find((text) => text && typeof text === "string");
  throw new AssetApiError(response.status, detail ?? `Unexpected response ${response.status}`, {
    type: body?.type,
    requestId: body?.request_id,
    retryAfter: retryAfterSeconds(response),
  });
}

/** @param {string} text */
function jsonOf(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
