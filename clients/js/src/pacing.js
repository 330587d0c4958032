/**
 * The pace of many uploads, by the limit that the service states in its responses. Loaded with `many.js`.
 * @module
 */

/** @import {TextResponse} from "../internal.js" */
import { LONGEST_WAIT_MS, retryAfterSeconds } from "./retries.js";

// Assumed until a response states the limit, and for a service or proxy that states none.
const DEFAULT_QUOTA = 10;
const DEFAULT_WINDOW_MS = 60_000;
const LIMIT = "uploads";
// A member of a list of Structured Field Values (RFC 9651): a string with parameters.
const MEMBER = /"([^"]*)"((?:\s*;\s*[a-z*][a-z0-9_.*-]*(?:=[^;,]*)?)*)/g;
const INTEGER = /;\s*([a-z])=(\d{1,15})\s*(?=;|$)/g;

/**
 * The uploads that a client may begin now.
 *
 * The service counts an upload, once however often it is sent, at some time between a request and its response. So the upload
 * takes a slot before it is sent, which is free again one window after the response: the client alone never exceeds the quota. The
 * first request goes alone, and its response states the quota. The number of remaining requests in each response reveals uploads
 * by the owner's other clients: never more requests than that are in flight.
 */
export class UploadPace {
  #clock;
  #quota = DEFAULT_QUOTA;
  #windowMs = DEFAULT_WINDOW_MS;
  #isFirst = true;
  /** Idempotency keys of the uploads in flight. @type {Set<string>} */
  #inFlight = new Set();
  /** The times of the other uploads' responses by their keys, oldest first. @type {Map<string, number>} */
  #responded = new Map();
  /** Requests that the service will accept, as far as its responses state. */
  #room = Infinity;
  /** When the service will accept another one. */
  #moreAt = Infinity;

  /** @param {() => number} [clock] in milliseconds; monotonic */
  constructor(clock = () => performance.now()) {
    this.#clock = clock;
  }

  /**
   * Takes a slot, to be followed by `responded`. Another attempt of the same upload keeps its slot.
   *
   * @param {string} key the upload's idempotency key
   * @returns {number} 0 if the slot was taken; otherwise milliseconds to wait, Infinity until any response arrives
   */
  take(key) {
    const now = this.#clock();
    this.#advance(now);
    if (!this.#inFlight.has(key) && !this.#responded.delete(key)) {
      if (!this.#isOpen()) return this.#waitMs(now);
      this.#room -= 1;
    }
    this.#inFlight.add(key);
    return 0;
  }

  /**
   * Records the end of a request.
   *
   * @param {string} key
   * @param {TextResponse | null} response null without a response
   */
  responded(key, response) {
    const now = this.#clock();
    this.#advance(now);
    this.#isFirst = false;
    this.#inFlight.delete(key);
    const { quota, windowMs, remaining, moreInMs } = statedLimit(response);
    const isOfOtherLimit = remaining === undefined && Boolean(response?.header("ratelimit"));
    const isRefused = response?.status === 429 && !isOfOtherLimit;
    this.#responded.delete(key);
    if (isRefused || response?.status === 401) this.#room += 1; // not counted
    else this.#responded.set(key, now);
    if (quota !== undefined) [this.#quota, this.#windowMs] = [quota, windowMs ?? DEFAULT_WINDOW_MS];
    if (remaining !== undefined) {
      this.#room = remaining - this.#inFlight.size; // those in flight may not be counted yet
      this.#moreAt = now + Math.min(moreInMs, this.#windowMs);
    }
    const retryAfter = isRefused ? retryAfterSeconds(response) : null;
    if (retryAfter !== null) {
      this.#room = Math.min(this.#room, 0);
      this.#moreAt = now + Math.min(retryAfter * 1000, LONGEST_WAIT_MS);
    }
  }

  /** Frees the slots whose window has passed. @param {number} now */
  #advance(now) {
    for (const [key, at] of this.#responded) {
      if (at > now - this.#windowMs) break;
      this.#responded.delete(key);
      this.#room += 1;
    }
    if (now < this.#moreAt) return;
    this.#room = Math.max(this.#room, 1);
    this.#moreAt = Infinity;
  }

  #isOpen() {
    if (this.#isFirst && this.#inFlight.size) return false;
    return this.#inFlight.size + this.#responded.size < this.#quota && this.#room > 0;
  }

  /** @param {number} now */
  #waitMs(now) {
    if (this.#inFlight.size) return Infinity; // their responses may free more
    const [oldest = Infinity] = this.#responded.values();
    const freeAt = oldest + this.#windowMs;
    const isFull = this.#responded.size >= this.#quota;
    return Math.max(1, Math.min(isFull ? freeAt : Math.min(freeAt, this.#moreAt), now + this.#windowMs) - now);
  }
}

/**
 * Reads `RateLimit-Policy` and `RateLimit` (draft-ietf-httpapi-ratelimit-headers). Absurd values are clamped.
 *
 * @param {TextResponse | null} response
 */
function statedLimit(response) {
  const policy = parameters(response?.header("ratelimit-policy"));
  const current = parameters(response?.header("ratelimit"));
  return {
    quota: policy.q === undefined ? undefined : Math.max(1, policy.q),
    windowMs: policy.w === undefined ? undefined : Math.min(Math.max(1000, policy.w * 1000), LONGEST_WAIT_MS),
    remaining: current.r,
    moreInMs: Math.min((current.t ?? Infinity) * 1000, LONGEST_WAIT_MS),
  };
}

/**
 * @param {string | null | undefined} header
 * @returns {Record<string, number>} the one-letter integer parameters of the member named `uploads`
 */
function parameters(header) {
  for (const [, name, text = ""] of (header ?? "").matchAll(MEMBER)) {
    if (name === LIMIT) return Object.fromEntries([...text.matchAll(INTEGER)].map(([, key, value]) => [key, Number(value)]));
  }
  return {};
}
