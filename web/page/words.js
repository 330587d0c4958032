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

/** The state of all uploads: how many are done, and when the service takes the next. */
export function overall(done, total, seconds) {
  return `${done} of ${total}${seconds > 0 ? `, next in ${seconds} s` : ""}`;
}

/** A video's length, `0:07` or `1:02:30`; empty if it is unknown. */
export function duration(seconds) {
  if (!seconds) return "";
  return new Date(Math.round(seconds) * 1000).toISOString().slice(11, 19).replace(/^(00:0?|0)/, "");
}

/** Time since a job began: `12 s` or `3 min`. */
export function elapsed(seconds) {
  return seconds < 90 ? `${Math.max(0, Math.round(seconds))} s` : `${Math.round(seconds / 60)} min`;
}

/** @param {string} uploadedAt UTC without an offset, as the API writes it */
export function date(uploadedAt) {
  return new Date(`${uploadedAt}Z`).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" });
}

export function facts(asset) {
  const pixels = asset.width ? [`${asset.width} × ${asset.height}`] : [];
  const length = asset.duration_seconds ? [duration(asset.duration_seconds)] : [];
  const made = { generation: ["generated"], import: ["imported"] }[asset.source] ?? [];
  const end = asset.expires_at ? [`expires ${date(asset.expires_at)}`] : [];
  return [size(asset.size_bytes), ...pixels, ...length, ...made, date(asset.uploaded_at), ...end].join(" · ");
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
