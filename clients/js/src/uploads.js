/**
 * An upload of any size: in one request up to 4 MiB, else a form of the API's, posted to S3, and published.
 * @module
 */

/** @import {Api} from "./api.js" */
/** @import {Answer} from "./transport.js" */
/** @import {Asset, AssetUploadResponse, FormResponse, UploadForm, UploadOptions} from "../interfaces.js" */
import { UPLOAD_TIMEOUT_MS } from "./api.js";
import { AssetApiError } from "./errors.js";
import { DIRECT_MAX_BYTES, checked } from "./files.js";

// A form is not begun with when it is about to expire.
const MARGIN_SECONDS = 10;
// S3 answers 500 InternalError to what it asks to be tried again ("Error responses", Amazon S3 API reference).
const S3_INTERNAL_ERROR = 500;

/**
 * @param {Api} api
 * @param {Blob} file
 * @param {UploadOptions} options
 * @returns {Promise<AssetUploadResponse>}
 */
export async function upload(api, file, { onProgress, signal, idempotencyKey = randomKey(), filename } = {}) {
  const declared = checked(file, filename);
  const report = (/** @type {number} */ loaded) => onProgress?.({ loaded, total: file.size });
  // A body is its file and some hundred bytes around it, which come first for the most part.
  const onSent = onProgress && ((/** @type {number} */ sent, /** @type {number} */ total) =>
    report(Math.min(file.size, Math.max(0, sent - (total - file.size)))));
  const sending = { file, ...declared, idempotencyKey, signal, onSent };
  report(0);
  const answer = await (file.size <= DIRECT_MAX_BYTES ? inOneRequest(api, sending) : byForm(api, sending));
  report(file.size);
  return answer;
}

/** A key that no other upload or generation has. Not randomUUID, which pages on plain HTTP lack. */
export function randomKey() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/**
 * @typedef {object} Sending
 * @property {Blob} file
 * @property {string} filename
 * @property {string} contentType
 * @property {string} idempotencyKey
 * @property {AbortSignal} [signal]
 * @property {(sent: number, total: number) => void} [onSent]
 */

/**
 * @param {Api} api
 * @param {Sending} sending
 * @returns {Promise<AssetUploadResponse>}
 */
function inOneRequest(api, { file, filename, contentType, ...options }) {
  const form = new FormData();
  form.append("file", file.slice(0, file.size, contentType), filename);
  return api.request("POST", "/upload-asset", { form, ...options });
}

/**
 * @param {Api} api
 * @param {Sending} sending
 * @returns {Promise<AssetUploadResponse>}
 */
async function byForm(api, sending) {
  const assetId = await arrived(api, sending);
  /** @type {Asset} */
  const asset = await api.request("POST", `/assets/${assetId}/complete`, { signal: sending.signal });
  const { url, asset_id, filename, size_bytes } = asset;
  return { success: true, url, asset_id, filename, size_bytes };
}

/**
 * Posts the file to S3, with another form where one has expired, which long waits and wrong clocks make it do.
 *
 * @param {Api} api
 * @param {Sending} sending
 * @returns {Promise<string>} the asset's id
 */
async function arrived(api, sending) {
  const { signal } = sending;
  let { asset_id, upload, isOld } = await formFor(api, sending, sending.idempotencyKey);
  let renewals = 0;
  const answer = await api.answered(async () => {
    if (isOld()) ({ asset_id, upload, isOld } = await formFor(api, sending, sending.idempotencyKey));
    const posted = await post(api, upload, sending);
    if (!isExpired(posted) || renewals > 0) return posted;
    renewals += 1;
    // To the first key the API still answers with the form that S3 has just refused.
    ({ asset_id, upload, isOld } = await formFor(api, sending, `${sending.idempotencyKey.slice(0, 240)}-renewed`));
    return post(api, upload, sending);
  }, { signal, alsoRetry: S3_INTERNAL_ERROR });
  if (answer.status >= 300) throw refusedByS3(answer);
  return asset_id;
}

/**
 * @param {Api} api
 * @param {Sending} sending
 * @param {string} idempotencyKey
 * @returns {Promise<{asset_id: string, upload: UploadForm, isOld: () => boolean}>}
 */
async function formFor(api, { file, filename, contentType, signal }, idempotencyKey) {
  const json = { filename, content_type: contentType, size_bytes: file.size };
  /** @type {FormResponse} */
  const { asset_id, upload } = await api.request("POST", "/upload-asset", { json, idempotencyKey, signal });
  // By this machine's clock alone: it need not agree with S3's.
  const oldFrom = Date.now() + 1000 * (upload.expires - MARGIN_SECONDS);
  return { asset_id, upload, isOld: () => Date.now() >= oldFrom };
}

/**
 * @param {Api} api
 * @param {UploadForm} upload
 * @param {Sending} sending
 * @returns {Promise<Answer>}
 */
function post(api, { method, url, fields }, { file, filename, signal, onSent }) {
  const body = new FormData();
  for (const [name, value] of Object.entries(fields)) body.append(name, value);
  body.append("file", file, filename);
  return api.transport({ method, url, body, signal, timeoutMs: UPLOAD_TIMEOUT_MS }, onSent);
}

/**
 * Of the form's policy (403 AccessDenied), or of the credentials that signed it (400 ExpiredToken).
 * @param {Answer} answer
 */
function isExpired({ status, text }) {
  return (status === 403 || status === 400) && /expired/i.test(text);
}

/** @param {Answer} answer */
function refusedByS3({ status, text }) {
  const [, code = "no code"] = /<Code>(.*?)<\/Code>/.exec(text) ?? [];
  const [, message = "no message"] = /<Message>(.*?)<\/Message>/.exec(text) ?? [];
  return new AssetApiError(status, `The storage refused the file: ${code}: ${message}`);
}
