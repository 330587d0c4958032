/**
 * States with which unfinished uploads in parts resume: in localStorage in a browser, otherwise in memory or, in Node, in a file.
 * Loaded with the first such upload.
 * @module
 */
import type { Sliceable, States, UploadState } from "../internal.js";
/**
 * @param {string | URL} [stateFile]
 * @returns {Promise<States>}
 */
export declare function statesIn(stateFile?: string | URL): Promise<States>;
/**
 * Returns an upload's identity across reloads: owner, options, and the file's name, size and modification time. S3 stores the
 * options when an upload begins, so an upload with other options is a different one.
 *
 * @param {string} root the API's address
 * @param {string} token
 * @param {Sliceable} file
 * @param {string} filename
 * @param {Record<string, unknown>} options under the names of the API
 */
export declare function identity(root: string, token: string, { size, lastModified }: Sliceable, filename: string, options: Record<string, unknown>): string;
/** @param {Partial<UploadState>} state */
export declare function isExpired({ expires_at }: Partial<UploadState>): boolean;
