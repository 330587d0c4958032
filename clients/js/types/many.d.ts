/**
 * Uploads of many files. Loaded with the first.
 * @module
 */
import type { Api } from "./api.js";
import type { ManyOptions, UploadOutcome, UploadSource } from "../interfaces.js";
/**
 * @param {Api} api
 * @param {Iterable<UploadSource>} files
 * @param {ManyOptions} given
 * @returns {Promise<UploadOutcome[]>}
 */
export declare function uploadMany(api: Api, files: Iterable<UploadSource>, given: ManyOptions): Promise<UploadOutcome[]>;
