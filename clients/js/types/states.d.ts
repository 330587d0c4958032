/**
 * What an unfinished upload in parts needs to go on: in localStorage in a browser, in memory elsewhere, or in a file of Node's.
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
 * An upload's identity across reloads: by its owner, the file's name, size and time of change, and its options. S3 keeps
 * the options of an upload that has begun, so one with others is another upload.
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
