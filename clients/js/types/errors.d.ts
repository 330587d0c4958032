/** @import {Job} from "../interfaces.js" */
import type { Job } from "../interfaces.js";
/** An unsuccessful response, a file refused before it was sent (400), or no response at all (0). */
export declare class AssetApiError extends Error {
    status: number;
    /** What happened, as the API describes it. */
    detail: string;
    /** A stable name for programs, `urn:asset-upload-api:problem:…` (RFC 9457, section 3.1.1). */
    type: string;
    /** Lets the service's operator find the request. */
    requestId: string | null;
    /** Seconds, or null if the response does not say. */
    retryAfter: number | null;
    /**
     * @param {number} status HTTP status; 0 without a response
     * @param {string} detail what happened
     * @param {{type?: string, requestId?: string | null, retryAfter?: number | null, cause?: unknown}} [more]
     */
    constructor(status: number, detail: string, { type, requestId, retryAfter, cause }?: {
        type?: string;
        requestId?: string | null;
        retryAfter?: number | null;
        cause?: unknown;
    });
}
/** A job that failed or was canceled. */
export declare class JobFailedError extends Error {
    job: Job;
    /** @param {Job} job */
    constructor(job: Job);
}
