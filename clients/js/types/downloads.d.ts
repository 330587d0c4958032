/**
 * Downloads that resume after a lost connection and verify what they received. Loaded with the first one.
 * @module
 */
import type { Api } from "./api.js";
import type { FileDownloadOptions, StreamOptions } from "../interfaces.js";
/**
 * @param {Api} api
 * @param {string} asset an id or a URL
 * @param {Partial<FileDownloadOptions>} options
 * @returns {Promise<Blob | string>} the path of the file if there is `to`
 */
export declare function download(api: Api, asset: string, { to, overwrite, ...options }: Partial<FileDownloadOptions>): Promise<Blob | string>;
/**
 * @param {Api} api
 * @param {string} asset an id or a URL
 * @param {StreamOptions} options
 * @returns {Promise<ReadableStream<Uint8Array>>}
 */
export declare function stream(api: Api, asset: string, options: StreamOptions): Promise<ReadableStream<Uint8Array>>;
