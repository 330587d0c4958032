/**
 * An upload of any size: in one request up to 4 MiB, by a form posted to S3 up to 50 MB, and in parts above.
 * @module
 */
import type { Api } from "./api.js";
import type { Asset, AssetUploadResponse, UploadOptions, UploadSource } from "../interfaces.js";
import type { TextResponse } from "../internal.js";
import { AssetApiError } from "./errors.js";
export declare const S3_INTERNAL_ERROR = 500;
/**
 * @param {Api} api
 * @param {UploadSource} source
 * @param {UploadOptions} given
 * @returns {Promise<AssetUploadResponse>}
 */
export declare function upload(api: Api, source: UploadSource, given: UploadOptions): Promise<AssetUploadResponse>;
/** Returns a random idempotency key, without randomUUID, which pages on plain HTTP lack. */
export declare function randomKey(): string;
/**
 * @param {Asset} asset
 * @returns {AssetUploadResponse}
 */
export declare function uploaded({ url, asset_id, filename, size_bytes }: Asset): AssetUploadResponse;
/**
 * Tells whether the form's policy (403 AccessDenied) or its signer's credentials (400 ExpiredToken) have expired.
 * @param {TextResponse} response
 */
export declare function isExpired({ status, text }: TextResponse): boolean;
/** @param {TextResponse} response */
export declare function refusedByS3({ status, text }: TextResponse): AssetApiError;
