import type { Answer, Call, OnWait, Transport } from "../internal.js";
/** The lifetime of an upload form; applies to requests that carry a file. */
export declare const UPLOAD_TIMEOUT_MS = 900000;
/** Authenticated requests with retries; responses become JSON or an AssetApiError. */
export declare class Api {
    baseUrl: string;
    token: string;
    transport: Transport;
    retries: number;
    /**
     * @param {string} baseUrl
     * @param {string} token
     * @param {Transport} transport
     * @param {number} retries
     */
    constructor(baseUrl: string, token: string, transport: Transport, retries: number);
    /** @param {string} path after `/api/v2` */
    url(path: string): string;
    /**
     * @template Body
     * @param {string} method
     * @param {string} path after `/api/v2`
     * @param {Call} [call]
     * @returns {Promise<Body>}
     * @throws {AssetApiError}
     */
    request<Body>(method: string, path: string, { query, json, form, idempotencyKey, signal, keepalive, onSent, onWait, alreadyDone }?: Call): Promise<Body>;
    /**
     * @param {() => Promise<Answer>} send
     * @param {{signal?: AbortSignal, alsoRetry?: number, onWait?: OnWait}} options
     * @throws {AssetApiError} with status 0 without a response
     */
    answered(send: () => Promise<Answer>, options: {
        signal?: AbortSignal;
        alsoRetry?: number;
        onWait?: OnWait;
    }): Promise<Answer>;
}
