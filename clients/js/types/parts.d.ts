/**
 * Uploads in parallel parts that resume after an abort, a crash or a reload. Loaded with the first one.
 * @module
 */
import type { Api } from "./api.js";
import type { Asset, AssetUploadResponse } from "../interfaces.js";
import type { UploadOptions, UploadSource } from "../interfaces.js";
import type { OnWait, Sending } from "../internal.js";
/**
 * @param {Api} api
 * @param {Sending} sending
 * @param {{report: (loaded: number) => void, stateFile?: string | URL}} options
 * @returns {Promise<AssetUploadResponse>}
 */
export declare function inParts(api: Api, sending: Sending, { report, stateFile }: {
    report: (loaded: number) => void;
    stateFile?: string | URL;
}): Promise<AssetUploadResponse>;
/**
 * @param {Api} api
 * @param {UploadSource} source
 * @param {UploadOptions} given
 * @returns {Promise<boolean>} false if there is no unfinished upload of this file with these options
 */
export declare function abort(api: Api, source: UploadSource, given: UploadOptions): Promise<boolean>;
/**
 * @param {string} assetId
 * @param {...string} further
 */
export declare function uploadPath(assetId: string, ...further: string[]): string;
/**
 * Completes an upload, and waits until its asset is published.
 *
 * @param {Api} api
 * @param {string} assetId
 * @param {string | undefined} uploadId
 * @param {{signal?: AbortSignal, onWait?: OnWait}} options
 * @returns {Promise<Asset>}
 */
export declare function completed(api: Api, assetId: string, uploadId: string | undefined, { signal, onWait }: {
    signal?: AbortSignal;
    onWait?: OnWait;
}): Promise<Asset>;
