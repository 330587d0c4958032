export { AssetClient } from "./client.js";
export { AssetApiError, JobFailedError } from "./errors.js";
