/**
 * Options for Uppy's `@uppy/aws-s3`, versions 5 and 6.3 or later: forms up to 50 MB, and resumable parts above.
 * @module
 */
import type { AssetOptions, ClientOptions, TokenSource } from "../interfaces.js";
import type { UploadForm, UppyFile, UppyInstance } from "../interfaces.js";
import type { StoredPart, UppyPart, UppyRequest, UppyUpload } from "../internal.js";
/** The API's default restrictions. A deployment may allow larger files. */
export declare const restrictions: {
    minFileSize: number;
    maxFileSize: number;
    allowedFileTypes: string[];
};
/**
 * Returns the options for `uppy.use(AwsS3, …)`. Every file's `uploadURL` is its asset's URL, once the asset is published.
 *
 * @param {UppyInstance} uppy
 * @param {string} baseUrl
 * @param {TokenSource} token
 * @param {AssetOptions & ClientOptions & {resumable?: boolean}} [options] `resumable`: in parts from 4 MiB on, not from 50 MB
 */
export declare function awsS3Options(uppy: UppyInstance, baseUrl: string, token: TokenSource, options?: AssetOptions & ClientOptions & {
    resumable?: boolean;
}): {
    shouldUseMultipart: (/** @type {UppyFile} */ file: UppyFile) => boolean;
    getChunkSize: () => number;
    getUploadParameters: (file: UppyFile) => Promise<UploadForm>;
    createMultipartUpload: (file: UppyFile) => Promise<{
        key: string;
        uploadId: string;
    }>;
    signPart: (/** @type {UppyFile} */ _: UppyFile, /** @type {UppyPart} */ part: UppyPart) => Promise<{
        method: "PUT";
        url: string;
        headers: Record<string, string>;
    }>;
    listParts: (/** @type {UppyFile} */ _: UppyFile, /** @type {UppyUpload} */ upload: UppyUpload) => Promise<StoredPart[]>;
    completeMultipartUpload: (/** @type {UppyFile} */ _: UppyFile, /** @type {UppyUpload} */ upload: UppyUpload) => Promise<{
        location: string;
    }>;
    abortMultipartUpload: (/** @type {UppyFile} */ _: UppyFile, /** @type {UppyUpload} */ upload: UppyUpload) => Promise<void>;
    generateObjectKey: (/** @type {UppyFile} */ file: UppyFile) => string;
    signRequest: (/** @type {UppyRequest} */ request: UppyRequest) => Promise<UploadForm | {
        method: "PUT";
        url: string;
        headers: Record<string, string>;
    } | {
        key: string;
        url: string;
    } | {
        key?: undefined;
        url: string;
    }>;
};
