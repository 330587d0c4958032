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
 * A file's identity across reloads: by its owner, name, size and time of change.
 *
 * @param {string} root the API's address
 * @param {string} token
 * @param {Sliceable} file
 * @param {string} filename
 */
export declare function identity(root: string, token: string, { size, lastModified }: Sliceable, filename: string): string;
/** @param {Partial<UploadState>} state */
export declare function isExpired({ expires_at }: Partial<UploadState>): boolean;
