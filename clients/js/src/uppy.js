/**
 * Options for Uppy's `@uppy/aws-s3`, versions 5 and 6.3 or later: forms up to 50 MB, and resumable parts above.
 * @module
 */

/** @import {Asset, AssetOptions, ClientOptions, FormResponse, TokenSource} from "../interfaces.js" */
/** @import {PartsResponse, PartUploadResponse, SignedPartsResponse} from "../interfaces.js" */
/** @import {UploadForm, UppyFile, UppyInstance} from "../interfaces.js" */
/** @import {StoredPart, UppyHooks, UppyPart, UppyRequest, UppyUpload} from "../internal.js" */
import { Api } from "./api.js";
import { DIRECT_MAX_BYTES, FORM_MAX_BYTES, MIME_BY_EXTENSION } from "./files.js";
import { namedOptions } from "./options.js";
import { completed, uploadPath } from "./parts.js";
import { assetPath } from "./references.js";
import { DEFAULT_RETRIES } from "./retries.js";
import { randomKey } from "./uploads.js";

/** The API's default restrictions. A deployment may allow larger files. */
export const restrictions = {
  minFileSize: 1,
  maxFileSize: FORM_MAX_BYTES,
  allowedFileTypes: Object.keys(MIME_BY_EXTENSION).map((extension) => `.${extension}`),
};

// The size of the API's parts; Uppy divides a file before it asks for the upload.
const PART_BYTES = 16 * 1024 * 1024;

/**
 * Returns the options for `uppy.use(AwsS3, …)`. Every file's `uploadURL` is its asset's URL, once the asset is published.
 *
 * @param {UppyInstance} uppy
 * @param {string} baseUrl
 * @param {TokenSource} token
 * @param {AssetOptions & ClientOptions & {resumable?: boolean}} [options] `resumable`: in parts from 4 MiB on, not from 50 MB
 */
export function awsS3Options(uppy, baseUrl, token, options = {}) {
  const { fetch, retries = DEFAULT_RETRIES, resumable = false, ...chosen } = options;
  const api = new Api(baseUrl, token, fetch, retries);
  /** The ids of assets whose forms were posted, by the id of Uppy's file. @type {Map<string, string>} */
  const posted = new Map();

  /** @param {UppyFile} file */
  const declared = (file) => ({
    json: { filename: file.name, content_type: file.type, size_bytes: file.size, ...namedOptions(chosen) },
    idempotencyKey: randomKey(),
  });

  /** @param {UppyFile} file */
  const formFor = async (file) => {
    /** @type {FormResponse} */
    const { asset_id, upload } = await api.request("POST", "/upload-asset", declared(file));
    posted.set(file.id, asset_id);
    return upload;
  };
  // The S3 event publishes the file too, but only this request's response has the URL or the refusal.
  uppy.addPostProcessor((ids) => Promise.all(ids.map(async (id) => {
    const file = uppy.getFile(id);
    const assetId = posted.get(id);
    if (!file || file.error || !assetId) return;
    posted.delete(id);
    try {
      /** @type {Asset} */
      const { url } = await api.request("POST", assetPath(assetId, "complete"));
      uppy.setFileState(id, { uploadURL: url });
    } catch (error) {
      uppy.emit("upload-error", file, error);
    }
  })));

  /** @type {UppyHooks} */
  const hooks = {
    /** @param {UppyFile} file */
    async createMultipartUpload(file) {
      /** @type {PartUploadResponse} */
      const { asset_id: key, upload } = await api.request("POST", "/uploads", declared(file));
      if (upload.part_size !== PART_BYTES) throw new Error(`The API expects parts of ${upload.part_size} bytes; update this package`);
      return { key, uploadId: upload.id };
    },

    /** @param {UppyPart} part */
    async signPart({ key, uploadId, partNumber, signal }) {
      const json = { upload_id: uploadId, part_numbers: [partNumber] };
      /** @type {SignedPartsResponse} */
      const { parts: [part] } = await api.request("POST", uploadPath(key, "parts"), { json, signal });
      if (!part) throw new Error(`The API signed no part ${partNumber}`);
      return { method: part.method, url: part.url, headers: part.headers };
    },

    /**
     * @param {UppyUpload} upload
     * @returns {Promise<StoredPart[]>}
     */
    async listParts({ key, uploadId, signal }) {
      /** @type {PartsResponse} */
      const { status, parts, part_count } = await api.request("GET", uploadPath(key), { query: { upload_id: uploadId }, signal });
      // Completed, but the response was lost: Uppy has nothing left to send, and completes it again.
      if (status === "completed") return Array.from({ length: part_count }, (_, index) => ({ PartNumber: index + 1, ETag: "done" }));
      return parts.map(({ part_number, size, etag }) => ({ PartNumber: part_number, Size: size, ETag: etag }));
    },

    /** @param {UppyUpload} upload */
    async completeMultipartUpload({ key, uploadId, signal }) {
      return { location: (await completed(api, key, uploadId, { signal })).url };
    },

    /** @param {UppyUpload} upload */
    async abortMultipartUpload({ key, uploadId, signal }) {
      await api.request("DELETE", uploadPath(key), { query: { upload_id: uploadId }, signal });
    },
  };

  return {
    shouldUseMultipart: (/** @type {UppyFile} */ file) => (file.size ?? 0) > (resumable ? DIRECT_MAX_BYTES : FORM_MAX_BYTES),
    getChunkSize: () => PART_BYTES,
    getUploadParameters: formFor,
    createMultipartUpload: hooks.createMultipartUpload,
    signPart: (/** @type {UppyFile} */ _, /** @type {UppyPart} */ part) => hooks.signPart(part),
    listParts: (/** @type {UppyFile} */ _, /** @type {UppyUpload} */ upload) => hooks.listParts(upload),
    completeMultipartUpload: (/** @type {UppyFile} */ _, /** @type {UppyUpload} */ upload) => hooks.completeMultipartUpload(upload),
    abortMultipartUpload: (/** @type {UppyFile} */ _, /** @type {UppyUpload} */ upload) => hooks.abortMultipartUpload(upload),
    generateObjectKey: (/** @type {UppyFile} */ file) => file.id,
    signRequest: (/** @type {UppyRequest} */ request) => signed(uppy, formFor, hooks, request),
  };
}

/**
 * Handles Uppy 6's request to sign an S3 operation: for a part, with the API's signature. The other operations are performed by the
 * API before this resolves, and the returned URL contains the response that S3 would have given.
 *
 * @param {UppyInstance} uppy
 * @param {(file: UppyFile) => Promise<UploadForm>} formFor
 * @param {UppyHooks} hooks
 * @param {UppyRequest} request
 */
async function signed(uppy, formFor, hooks, { method, key, uploadId, partNumber }) {
  if (uploadId === undefined) {
    const file = uppy.getFile(key); // generateObjectKey uses the file's id as the key
    if (!file) throw new Error("The file was removed");
    if (method === "PUT") return formFor(file);
    const upload = await hooks.createMultipartUpload(file);
    return { key: upload.key, url: dataUrlOf("InitiateMultipartUploadResult", `<UploadId>${escaped(upload.uploadId)}</UploadId>`) };
  }
  const upload = { key, uploadId };
  if (partNumber !== undefined) return hooks.signPart({ ...upload, partNumber });
  if (method === "POST") {
    const { location } = await hooks.completeMultipartUpload(upload);
    return { url: dataUrlOf("CompleteMultipartUploadResult", `<Location>${escaped(location)}</Location><Key>${key}</Key>`) };
  }
  if (method === "DELETE") {
    await hooks.abortMultipartUpload(upload);
    return { url: "data:," };
  }
  const parts = (await hooks.listParts(upload)).map(({ PartNumber, ETag }) =>
    `<Part><PartNumber>${PartNumber}</PartNumber><ETag>${escaped(ETag)}</ETag></Part>`);
  return { url: dataUrlOf("ListPartsResult", parts.join("")) };
}

/**
 * @param {string} name
 * @param {string} content
 */
function dataUrlOf(name, content) {
  return `data:application/xml,${encodeURIComponent(`<${name}>${content}</${name}>`)}`;
}

/** @param {string} text */
function escaped(text) {
  return text.replace(/&/g, "&amp;").replace(/</g, "&lt;");
}
