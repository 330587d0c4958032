/** Verification of the events that a deployment sends (Standard Webhooks, version 1). */
import type { AssetEvent, WebhookOptions } from "../interfaces.js";
/** A webhook that is forged, altered, too old, or signed with another secret. Respond with a 4xx and ignore it. */
export declare class WebhookNotVerifiedError extends Error {
    /** @param {string} message */
    constructor(message: string);
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
export declare function verifyWebhook(body: string | Uint8Array, headers: Headers | Record<string, string | string[] | undefined>, secret: string | readonly string[], { toleranceSeconds, now }?: WebhookOptions): Promise<AssetEvent>;
