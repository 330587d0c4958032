/** Numbers and errors in words. */

const UNITS = ["bytes", "kB", "MB", "GB"];

/** @param {number} bytes */
export function size(bytes) {
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit > 0 && value < 10 ? value.toFixed(1) : Math.round(value)} ${UNITS[unit]}`;
}

/** Progress of an upload: how far, and how fast since it began. */
export function progress(loaded, total, seconds) {
  const far = `${size(loaded)} of ${size(total)}`;
  return seconds > 0.5 && loaded > 0 ? `${far}, ${size(loaded / seconds)} a second` : far;
}

/** The reason for a pause in an upload. Status 0 means that no response came. */
export function waiting({ status, seconds }) {
  if (status === 429) return `Ten files a minute are taken: this one follows in ${Math.ceil(seconds)} s`;
  if (!navigator.onLine) return "You are offline. The upload resumes when you are back";
  return `${status ? "The service is busy" : "The connection was lost"}. Trying again`;
}

/** @param {string} uploadedAt UTC without an offset, as the API writes it */
export function date(uploadedAt) {
  return new Date(`${uploadedAt}Z`).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" });
}

export function facts(asset) {
  const pixels = asset.width ? [`${asset.width} × ${asset.height}`] : [];
  const made = asset.source === "generation" ? ["generated"] : [];
  return [size(asset.size_bytes), ...pixels, ...made, date(asset.uploaded_at)].join(" · ");
}

const JOB_STATES = {
  pending: "Queued",
  processing: "In progress",
  completed: "Done",
  failed: "Failed",
  canceled: "Canceled",
};

export function jobState(job) {
  return job.error_message ? `${JOB_STATES[job.status]}: ${job.error_message}` : JOB_STATES[job.status];
}

/** Errors of the client already say what happened and what to do. */
export function problem(error) {
  return error?.message || "Something went wrong. Try again.";
}
