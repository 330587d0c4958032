/**
 * An upload of any size: in one request up to 4 MiB, by a form posted to S3 up to 50 MB, and in parts above.
 * @module
 */

/** @import {Api} from "./api.js" */
/** @import {Asset, AssetUploadResponse, FormResponse, UploadOptions, UploadSource} from "../interfaces.js" */
/** @import {TextResponse, BlobSending, Sending} from "../internal.js" */
import { UPLOAD_TIMEOUT_MS } from "./api.js";
import { AssetApiError } from "./errors.js";
import { DIRECT_MAX_BYTES, FORM_MAX_BYTES, checked } from "./files.js";
import { appendOptions, namedOptions } from "./options.js";
import { assetPath } from "./references.js";
import { sleep } from "./retries.js";

const MAX_FORMS = 4;
const FIRST_RENEWAL_PAUSE_MS = 1000;
// S3 asks clients to retry a 500 InternalError ("Error responses", Amazon S3 API reference).
export const S3_INTERNAL_ERROR = 500;

/**
 * @param {Api} api
 * @param {UploadSource} source
 * @param {UploadOptions} given
 * @returns {Promise<AssetUploadResponse>}
 */
export async function upload(api, source, given) {
  const { onProgress, onWait, signal, idempotencyKey = randomKey(), filename, resumable, stateFile, ...options } = given;
  signal?.throwIfAborted();
  const file = source instanceof Blob ? source : await (await import("./sources.js")).opened(source, given);
  // The deployment's own limit is known only from its first response.
  const declared = checked(file, filename, Infinity);
  const report = (/** @type {number} */ loaded) => onProgress?.({ loaded, total: file.size });
  // Nearly everything else in the body comes before the file.
  const onSent = onProgress && ((/** @type {number} */ sent, /** @type {number} */ total) =>
    report(Math.max(0, sent - (total - file.size))));
  const isKeyGiven = given.idempotencyKey !== undefined;
  const sending = { file, ...declared, options, idempotencyKey, isKeyGiven, signal, onSent, onWait };
  report(0);
  const response = await (file.size > (resumable ? DIRECT_MAX_BYTES : FORM_MAX_BYTES)
    ? (await import("./parts.js")).inParts(api, sending, { report, stateFile })
    : (file.size > DIRECT_MAX_BYTES ? byForm : inOneRequest)(api, /** @type {BlobSending} */ (sending)));
  report(file.size);
  return response;
}

/** Returns a random idempotency key, without randomUUID, which pages on plain HTTP lack. */
export function randomKey() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/**
 * @param {Api} api
 * @param {BlobSending} sending
 * @returns {Promise<AssetUploadResponse>}
 */
function inOneRequest(api, { file, filename, contentType, options, ...call }) {
  const form = new FormData();
  appendOptions(form, options);
  form.append("file", file.slice(0, file.size, contentType), filename);
  return api.request("POST", "/upload-asset", { form, ...call });
}

/**
 * @param {Api} api
 * @param {BlobSending} sending
 * @returns {Promise<AssetUploadResponse>}
 */
async function byForm(api, sending) {
  const assetId = await postFile(api, sending);
  /** @type {Asset} */
  const asset = await api.request("POST", assetPath(assetId, "complete"), { signal: sending.signal, onWait: sending.onWait });
  return uploaded(asset);
}

/**
 * @param {Asset} asset
 * @returns {AssetUploadResponse}
 */
export function uploaded({ url, asset_id, filename, size_bytes }) {
  return { success: true, url, asset_id, filename, size_bytes };
}

/**
 * @param {Api} api
 * @param {BlobSending} sending
 * @returns {Promise<string>} the id of the asset whose bytes S3 now has
 */
async function postFile(api, sending) {
  for (let forms = 1; ; forms += 1) {
    // Always with the same key: even if an earlier form's file has arrived after all, it is the same asset.
    const form = await requestForm(api, sending);
    const response = await postForm(api, form, sending);
    if (response.status < 300) return form.asset_id;
    if (!isExpired(response) || forms === MAX_FORMS) throw refusedByS3(response);
    // The clocks of S3 and the API differ: the API issues a new form only once it considers this one expired too.
    await sleep(FIRST_RENEWAL_PAUSE_MS * 2 ** (forms - 1), sending.signal);
  }
}

/**
 * @param {Api} api
 * @param {Sending} sending
 * @returns {Promise<FormResponse>}
 */
function requestForm(api, { file, filename, contentType, options, idempotencyKey, signal, onWait }) {
  const json = { filename, content_type: contentType, size_bytes: file.size, ...namedOptions(options) };
  return api.request("POST", "/upload-asset", { json, idempotencyKey, signal, onWait });
}

/**
 * @param {Api} api
 * @param {FormResponse} form
 * @param {BlobSending} sending
 * @returns {Promise<TextResponse>}
 */
function postForm(api, { upload: { method, url, fields } }, { file, filename, signal, onSent, onWait }) {
  const body = new FormData();
  for (const [name, value] of Object.entries(fields)) body.append(name, value);
  body.append("file", file, filename);
  const exchange = { method, url, body, signal, timeoutMs: UPLOAD_TIMEOUT_MS };
  return api.sendWithRetries(() => api.transport(exchange, onSent), { signal, onWait, alsoRetry: S3_INTERNAL_ERROR });
}

/**
 * Tells whether the form's policy (403 AccessDenied) or its signer's credentials (400 ExpiredToken) have expired.
 * @param {TextResponse} response
 */
export function isExpired({ status, text }) {
  return (status === 403 || status === 400) && /expired/i.test(text);
}

/** @param {TextResponse} response */
export function refusedByS3({ status, text }) {
  const [, code = "no code"] = /<Code>(.*?)<\/Code>/.exec(text) ?? [];
  const [, message = "no message"] = /<Message>(.*?)<\/Message>/.exec(text) ?? [];
  return new AssetApiError(status, `The storage refused the file: ${code}: ${message}`);
}
