/**
 * Uploads in parts, in parallel, that go on from what S3 has after an abort, a crash or a reload. Loaded with the first one.
 * @module
 */
import type { Api } from "./api.js";
import type { AssetUploadResponse } from "../interfaces.js";
import type { Sending } from "../internal.js";
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
