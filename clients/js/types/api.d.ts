import type { TokenSource } from "../interfaces.js";
import type { TextResponse, Call, OnWait } from "../internal.js";
import { Tokens } from "./tokens.js";
/** The lifetime of an upload form; applies to requests that carry a file. */
export declare const UPLOAD_TIMEOUT_MS = 900000;
/** Authenticated requests with retries; responses become JSON or an AssetApiError. */
export declare class Api {
    root: string;
    tokens: Tokens;
    fetch: typeof fetch;
    transport: import("../internal.js").Transport;
    retries: number;
    /**
     * @param {string} baseUrl
     * @param {TokenSource} token
     * @param {typeof globalThis.fetch | undefined} fetch
     * @param {number} retries
     */
    constructor(baseUrl: string, token: TokenSource, fetch: typeof globalThis.fetch | undefined, retries: number);
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
    request<Body>(method: string, path: string, call?: Call): Promise<Body>;
    /**
     * Sends a request; if its token is refused and can be renewed, once more with another one.
     *
     * @param {(authorization: string) => Promise<TextResponse>} send
     */
    authorized(send: (authorization: string) => Promise<TextResponse>): Promise<TextResponse>;
    /**
     * @param {() => Promise<TextResponse>} send
     * @param {{signal?: AbortSignal, alsoRetry?: number, onWait?: OnWait}} options
     * @throws {AssetApiError} with status 0 without a response
     */
    sendWithRetries(send: () => Promise<TextResponse>, options: {
        signal?: AbortSignal;
        alsoRetry?: number;
        onWait?: OnWait;
    }): Promise<TextResponse>;
}
/**
 * @param {TextResponse} response
 * @returns {any} the body of a success
 * @throws {AssetApiError}
 */
export declare function parsed(response: TextResponse): any;
