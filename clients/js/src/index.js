/** @typedef {import("./types.js").Asset} Asset */
/** @typedef {import("./types.js").AssetListResponse} AssetListResponse */
/** @typedef {import("./types.js").AssetUploadResponse} AssetUploadResponse */
/** @typedef {import("./types.js").DeleteResponse} DeleteResponse */
/** @typedef {import("./types.js").GenerateOptions} GenerateOptions */
/** @typedef {import("./types.js").GenerateResponse} GenerateResponse */
/** @typedef {import("./types.js").Job} Job */
/** @typedef {import("./types.js").JobListResponse} JobListResponse */
/** @typedef {import("./types.js").JobStatus} JobStatus */
/** @typedef {import("./types.js").PageOptions} PageOptions */
/** @typedef {import("./types.js").Progress} Progress */
/** @typedef {import("./types.js").UploadOptions} UploadOptions */
/** @typedef {import("./types.js").WaitOptions} WaitOptions */
export { AssetClient } from "./client.js";
export { AssetApiError, JobFailedError } from "./errors.js";
