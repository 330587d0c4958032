/** Formatting of sizes, times, facts and errors. */

import { size } from "/client/uploader/strings.js";

/** Formats a video's length as `0:07` or `1:02:30`; empty if it is unknown. */
export function duration(seconds) {
  if (!seconds) return "";
  return new Date(Math.round(seconds) * 1000).toISOString().slice(11, 19).replace(/^(00:0?|0)/, "");
}

/** Formats the time since a job began: `12 s`, `3 min` or `5 h 2 min`. */
export function elapsed(seconds) {
  const minutes = Math.round(seconds / 60);
  if (seconds < 90) return `${Math.max(0, Math.round(seconds))} s`;
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** @param {string} uploadedAt UTC without an offset, as the API writes it */
export function date(uploadedAt) {
  return new Date(`${uploadedAt}Z`).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" });
}

/** Formats the two facts that fit below a small picture. */
export function shortFacts(asset) {
  return `${size(asset.size_bytes)} · ${new Date(`${asset.uploaded_at}Z`).toLocaleDateString(undefined, { dateStyle: "short" })}`;
}

export function facts(asset) {
  const pixels = asset.width ? [`${asset.width} × ${asset.height}`] : [];
  const length = asset.duration_seconds ? [duration(asset.duration_seconds)] : [];
  const made = { generation: ["generated"], import: ["imported"] }[asset.source] ?? [];
  const end = asset.expires_at ? [`expires ${date(asset.expires_at)}`] : [];
  return [size(asset.size_bytes), ...pixels, ...length, ...made, date(asset.uploaded_at), ...end].join(" · ");
}

const JOB_LABELS = {
  pending: "Queued",
  processing: "In progress",
  completed: "Done",
  failed: "Failed",
  canceled: "Canceled",
};

export function jobText(job) {
  return job.error_message ? `${JOB_LABELS[job.status]}: ${job.error_message}` : JOB_LABELS[job.status];
}

/** Describes an error. The client's errors already say what happened and what to do. */
export function errorText(error) {
  return error?.message || "Something went wrong. Try again.";
}
