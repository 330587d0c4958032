/**
 * Local checks for what the API would refuse, in its own words, before a byte is sent.
 * @module
 */
/** The limit of a single request; larger files go straight to S3 with a form. */
export declare const DIRECT_MAX_BYTES: number;
/**
 * Determines a file's name and media type, each from the other if one is missing.
 *
 * @param {Blob} file
 * @param {string} [filename] instead of the file's own
 * @returns {{filename: string, contentType: string}}
 * @throws {AssetApiError} 400 for an empty, too large or unsupported file
 */
export declare function checked(file: Blob, filename?: string): {
    filename: string;
    contentType: string;
};
