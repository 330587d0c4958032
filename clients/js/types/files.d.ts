/**
 * Local checks that refuse what the API would refuse, with the same text, before a byte is sent.
 * @module
 */
import type { Sliceable } from "../internal.js";
/** The limit of a single request; larger files go straight to S3 with a form. */
export declare const DIRECT_MAX_BYTES: number;
/** The limit of a form, and the default limit of a deployment; larger files go in parts. */
export declare const FORM_MAX_BYTES: number;
export declare const MIME_BY_EXTENSION: Record<string, string>;
/**
 * Determines a file's name and media type, each from the other if one is missing.
 *
 * @param {Sliceable} file
 * @param {string} [filename] instead of the file's own
 * @param {number} [maxBytes]
 * @returns {{filename: string, contentType: string}}
 * @throws {AssetApiError} 400 for an empty, too large or unsupported file
 */
export declare function checked(file: Sliceable, filename?: string, maxBytes?: number): {
    filename: string;
    contentType: string;
};
