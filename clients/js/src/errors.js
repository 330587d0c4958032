/** @import {Job} from "../interfaces.js" */

/** Advice by status, for errors whose `detail` gives none. */
const ADVICE = /** @type {Record<number, string>} */ ({
  0: "Check the network and the address of the API, then try again.",
  401: "Sign in again, or use a new token.",
  404: "It may have been deleted, or belongs to someone else.",
  429: "Wait and try again.",
  500: "Try again later; if it persists, report it with the request id.",
  502: "Try again later.",
  503: "Try again later.",
  504: "Try again later.",
});

/** An unsuccessful response, a file refused before it was sent (400), or no response at all (0). */
export class AssetApiError extends Error {
  /**
   * @param {number} status HTTP status; 0 without a response
   * @param {string} detail what happened
   * @param {{type?: string, requestId?: string | null, retryAfter?: number | null, cause?: unknown}} [more]
   */
  constructor(status, detail, { type = "about:blank", requestId = null, retryAfter = null, cause } = {}) {
    const wait = retryAfter === null ? "" : ` Retry after ${retryAfter} s.`;
    super(`${detail.replace(/\.?$/, ".")} ${ADVICE[status] ?? ""}${wait}`.trim(), { cause });
    this.name = "AssetApiError";
    this.status = status;
    /** What happened, as the API describes it. */
    this.detail = detail;
    /** A stable name for programs, `urn:asset-upload-api:problem:…` (RFC 9457, section 3.1.1). */
    this.type = type;
    /** Lets the service's operator find the request. */
    this.requestId = requestId;
    /** Seconds, or null if the response does not say. */
    this.retryAfter = retryAfter;
  }
}

/** A job that failed or was canceled. */
export class JobFailedError extends Error {
  /** @param {Job} job */
  constructor(job) {
    super(
      job.status === "canceled"
        ? `Job ${job.job_id} was canceled. Start another one.`
        : `Job ${job.job_id} failed: ${job.error_message}. Change the input, or try again.`,
    );
    this.name = "JobFailedError";
    this.job = job;
  }
}
