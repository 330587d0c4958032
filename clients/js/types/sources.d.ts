/**
 * Sources of an upload other than Blobs: bytes, paths and, with a size, streams. Loaded on first use.
 * @module
 */
import type { UploadOptions, UploadSource } from "../interfaces.js";
import type { Sliceable } from "../internal.js";
/**
 * @param {UploadSource} source
 * @param {Pick<UploadOptions, "size" | "filename">} options
 * @returns {Promise<Sliceable>}
 * @throws {TypeError} for anything else
 */
export declare function opened(source: UploadSource, { size, filename }: Pick<UploadOptions, "size" | "filename">): Promise<Sliceable>;
/**
 * @param {UploadSource} source
 * @returns {Promise<number>} 0 if it is unknown, or the file is missing
 */
export declare function sizeOf(source: UploadSource): Promise<number>;
/**
 * @param {Blob} blob
 * @param {string} name
 * @returns {Sliceable}
 */
export declare function named(blob: Blob, name: string): Sliceable;
