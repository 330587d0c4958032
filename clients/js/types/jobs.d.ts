import type { Job, WaitOptions } from "../interfaces.js";
/**
 * @param {(signal?: AbortSignal) => Promise<Job>} getJob
 * @param {WaitOptions} options
 * @returns {Promise<Job>} the completed job
 * @throws {JobFailedError} if it failed or was canceled
 * @throws {DOMException} TimeoutError if it is still running at the timeout
 */
export declare function completedJob(getJob: (signal?: AbortSignal) => Promise<Job>, { onUpdate, signal, timeoutMs, intervalMs }: WaitOptions): Promise<Job>;
