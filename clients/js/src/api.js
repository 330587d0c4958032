/** @import {Answer, Call, OnWait, Transport} from "../internal.js" */
import { AssetApiError } from "./errors.js";
import { retryAfterSeconds, retrying } from "./retries.js";
import { NetworkError } from "./transport.js";

// The API responds within 30 s, cold starts included.
const ANSWER_TIMEOUT_MS = 60_000;
/** The lifetime of an upload form; applies to requests that carry a file. */
export const UPLOAD_TIMEOUT_MS = 900_000;

/** Authenticated requests with retries; responses become JSON or an AssetApiError. */
export class Api {
  /**
   * @param {string} baseUrl
   * @param {string} token
   * @param {Transport} transport
   * @param {number} retries
   */
  constructor(baseUrl, token, transport, retries) {
    this.baseUrl = baseUrl.replace(/\/+$/, "");
    this.token = token;
    this.transport = transport;
    this.retries = retries;
  }

  /** @param {string} path after `/api/v2` */
  url(path) {
    return `${this.baseUrl}/api/v2${path}`;
  }

  /**
   * @template Body
   * @param {string} method
   * @param {string} path after `/api/v2`
   * @param {Call} [call]
   * @returns {Promise<Body>}
   * @throws {AssetApiError}
   */
  async request(method, path, { query = {}, json, form, idempotencyKey, signal, keepalive, onSent, onWait, alreadyDone } = {}) {
    const parameters = Object.entries(query).flatMap(([name, value]) => (value == null ? [] : [[name, `${value}`]]));
    const url = `${this.url(path)}${parameters.length ? `?${new URLSearchParams(parameters)}` : ""}`;
    const headers = {
      Authorization: `Bearer ${this.token}`,
      ...(json && { "Content-Type": "application/json" }),
      ...(idempotencyKey && { "Idempotency-Key": idempotencyKey }),
    };
    const exchange = {
      method, url, headers, signal, keepalive,
      body: json ? JSON.stringify(json) : form,
      timeoutMs: form ? UPLOAD_TIMEOUT_MS : ANSWER_TIMEOUT_MS,
    };
    let attempts = 0;
    const send = () => {
      attempts += 1;
      return this.transport(exchange, onSent);
    };
    const answer = await this.answered(send, { signal, onWait });
    return attempts > 1 && answer.status === 404 && alreadyDone ? alreadyDone : parsed(answer);
  }

  /**
   * @param {() => Promise<Answer>} send
   * @param {{signal?: AbortSignal, alsoRetry?: number, onWait?: OnWait}} options
   * @throws {AssetApiError} with status 0 without a response
   */
  async answered(send, options) {
    try {
      return await retrying(send, { retries: this.retries, ...options });
    } catch (error) {
      if (!(error instanceof NetworkError)) throw error;
      throw new AssetApiError(0, `The server could not be reached: ${error.message}`, { cause: error });
    }
  }
}

/**
 * @param {Answer} answer
 * @returns {any} the body of a success
 * @throws {AssetApiError}
 */
function parsed(answer) {
  const body = jsonOf(answer.text);
  if (answer.status >= 200 && answer.status < 300 && typeof body === "object" && body) return body;
  // API Gateway's own errors, where a function has died or is throttled, have a `message`. HTML comes from a proxy, or from
  // a server that is not this API.
  const words = [body?.detail, body?.message].find((text) => text && typeof text === "string");
  throw new AssetApiError(answer.status, words ?? `Unexpected response ${answer.status}`, {
    type: body?.type,
    requestId: body?.request_id,
    retryAfter: retryAfterSeconds(answer),
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
