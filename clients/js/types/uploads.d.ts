/**
 * An upload of any size: in one request up to 4 MiB, else a form of the API's, posted to S3, and published.
 * @module
 */
import type { Api } from "./api.js";
import type { AssetUploadResponse, UploadOptions } from "../interfaces.js";
/**
 * @param {Api} api
 * @param {Blob} file
 * @param {UploadOptions} given
 * @returns {Promise<AssetUploadResponse>}
 */
export declare function upload(api: Api, file: Blob, given: UploadOptions): Promise<AssetUploadResponse>;
/** Returns a random idempotency key. Not by randomUUID, which pages on plain HTTP lack. */
export declare function randomKey(): string;
