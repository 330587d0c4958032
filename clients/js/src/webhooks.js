/** Verification of the events that a deployment sends (Standard Webhooks, version 1). */

/** @import {AssetEvent, WebhookOptions} from "../interfaces.js" */

const TOLERANCE_SECONDS = 300;

/** A webhook that is forged, altered, too old, or signed with another secret. Respond with a 4xx and ignore it. */
export class WebhookNotVerifiedError extends Error {
  /** @param {string} message */
  constructor(message) {
    super(message);
    this.name = "WebhookNotVerifiedError";
  }
}

/**
 * Returns the event in a webhook's body, which must be exactly as received. The same event may arrive more than once, with the
 * same `webhook-id`.
 *
 * @param {string | Uint8Array} body
 * @param {Headers | Record<string, string | string[] | undefined>} headers
 * @param {string | readonly string[]} secret `whsec_…`, or several during a rotation
 * @param {WebhookOptions} [options]
 * @returns {Promise<AssetEvent>}
 * @throws {WebhookNotVerifiedError}
 */
export async function verifyWebhook(body, headers, secret, { toleranceSeconds = TOLERANCE_SECONDS, now = Date.now() / 1000 } = {}) {
  const id = required(headers, "webhook-id");
  const timestamp = required(headers, "webhook-timestamp");
  const signatures = required(headers, "webhook-signature");
  if (!/^[0-9]{1,15}$/.test(timestamp)) throw new WebhookNotVerifiedError("The webhook's timestamp is not a number of seconds");
  if (!(Math.abs(now - Number(timestamp)) <= toleranceSeconds)) {
    throw new WebhookNotVerifiedError(`The webhook's timestamp is more than ${toleranceSeconds} s from now`);
  }
  const content = typeof body === "string" ? new TextEncoder().encode(body) : body;
  const signed = joined(new TextEncoder().encode(`${id}.${timestamp}.`), content);
  const keys = await Promise.all([secret].flat().map(keyOf));
  const received = signatures.split(" ").filter((each) => each.startsWith("v1,")).map((each) => bytesOf(each.slice(3)));
  // WebCrypto compares in constant time.
  const checks = keys.flatMap((key) => received.map((each) => each && crypto.subtle.verify("HMAC", key, each, signed)));
  if (!(await Promise.all(checks)).includes(true)) throw new WebhookNotVerifiedError("No signature of the webhook was made with this secret");
  try {
    return JSON.parse(new TextDecoder().decode(content));
  } catch {
    throw new WebhookNotVerifiedError("The webhook's body is not JSON");
  }
}

/**
 * @param {Headers | Record<string, string | string[] | undefined>} headers
 * @param {string} name
 */
function required(headers, name) {
  const value = headers instanceof Headers
    ? headers.get(name)
    : Object.entries(headers).find(([each]) => each.toLowerCase() === name)?.[1];
  if (typeof value !== "string" || !value) throw new WebhookNotVerifiedError(`The webhook has no ${name} header`);
  return value;
}

/** @param {string} secret */
function keyOf(secret) {
  const key = bytesOf(secret.replace(/^whsec_/, ""));
  if (!key?.length) throw new TypeError("The webhook secret is not base64 after whsec_");
  return crypto.subtle.importKey("raw", key, { name: "HMAC", hash: "SHA-256" }, false, ["verify"]);
}

/**
 * @param {string} base64
 * @returns {Uint8Array<ArrayBuffer> | null} null if it is not base64
 */
function bytesOf(base64) {
  try {
    return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  } catch {
    return null;
  }
}

/**
 * @param {Uint8Array} first
 * @param {Uint8Array} second
 */
function joined(first, second) {
  const whole = new Uint8Array(first.length + second.length);
  whole.set(first);
  whole.set(second, first.length);
  return whole;
}
