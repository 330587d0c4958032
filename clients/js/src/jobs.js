/** @import {Job, WaitOptions} from "../interfaces.js" */
import { JobFailedError } from "./errors.js";
import { sleep } from "./retries.js";

const HALF_AN_HOUR_MS = 1_800_000;
const TWO_SECONDS_MS = 2000;

/**
 * @param {(signal?: AbortSignal) => Promise<Job>} getJob
 * @param {WaitOptions} options
 * @returns {Promise<Job>} the completed job
 * @throws {JobFailedError} if it failed or was canceled
 * @throws {DOMException} TimeoutError if it is still running at the timeout
 */
export async function completedJob(getJob, { onUpdate, signal, timeoutMs = HALF_AN_HOUR_MS, intervalMs = TWO_SECONDS_MS }) {
  const deadline = Date.now() + timeoutMs;
  let status;
  for (;;) {
    const job = await getJob(signal);
    if (job.status !== status) onUpdate?.(job);
    status = job.status;
    if (status === "completed") return job;
    if (status === "failed" || status === "canceled") throw new JobFailedError(job);
    if (Date.now() + intervalMs > deadline) {
      const message = `Job ${job.job_id} is still ${status} after ${timeoutMs / 1000} s. Wait for it again.`;
      throw new DOMException(message, "TimeoutError");
    }
    await sleep(intervalMs, signal);
  }
}
