/**
 * Local checks that refuse what the API would refuse, with the same text, before a byte is sent.
 * @module
 */

/** @import {Sliceable} from "../internal.js" */
import { AssetApiError } from "./errors.js";

/** The limit of a single request; larger files go straight to S3 with a form. */
export const DIRECT_MAX_BYTES = 4 * 1024 * 1024;
/** The limit of a form, and the default limit of a deployment; larger files go in parts. */
export const FORM_MAX_BYTES = 50 * 1024 * 1024;
export const MIME_BY_EXTENSION = /** @type {Record<string, string>} */ ({
  jpg: "image/jpeg",
  jpeg: "image/jpeg",
  png: "image/png",
  gif: "image/gif",
  webp: "image/webp",
  mp4: "video/mp4",
  mov: "video/quicktime",
});
const UNDECLARED = ["", "application/octet-stream", "binary/octet-stream"];

/**
 * Determines a file's name and media type, each from the other if one is missing.
 *
 * @param {Sliceable} file
 * @param {string} [filename] instead of the file's own
 * @param {number} [maxBytes]
 * @returns {{filename: string, contentType: string}}
 * @throws {AssetApiError} 400 for an empty, too large or unsupported file
 */
export function checked(file, filename = file.name ?? "", maxBytes = FORM_MAX_BYTES) {
  if (file.size === 0) throw refusal("empty-file", "Empty file: it has no bytes");
  if (file.size > maxBytes) {
    const limit = `${maxBytes / 1048576} MB (${maxBytes.toLocaleString("en")} bytes)`;
    throw refusal("file-too-large", `File too large: at most ${limit}; this file has ${file.size} bytes`);
  }
  const [, extension] = /[^/\\]\.([^./\\]+)$/.exec(filename) ?? [];
  const named = extension && MIME_BY_EXTENSION[extension.toLowerCase()];
  if (extension && !named) throw invalidType(`.${extension} files are not supported`);
  const typed = typeOf(file);
  const contentType = typed || named;
  if (!contentType) throw invalidType("neither the file name nor the content type names a type");
  if (named && typed && named !== typed) throw invalidType(`the name says ${named}, the content type ${typed}`);
  return { filename: filename || `file.${extensionOf(contentType)}`, contentType };
}

/**
 * @param {Sliceable} file
 * @returns {string} empty if the file does not say
 */
function typeOf(file) {
  const type = file.type.split(";", 1)[0]?.trim().toLowerCase() ?? "";
  if (UNDECLARED.includes(type)) return "";
  const known = type === "image/jpg" ? "image/jpeg" : type;
  if (!extensionOf(known)) throw invalidType(`${type} is not supported`);
  return known;
}

/** @param {string} contentType */
function extensionOf(contentType) {
  return Object.keys(MIME_BY_EXTENSION).find((extension) => MIME_BY_EXTENSION[extension] === contentType);
}

/** @param {string} why */
function invalidType(why) {
  const supported = Object.keys(MIME_BY_EXTENSION).join(", ");
  return refusal("invalid-file-type", `Invalid file type: ${why}. Supported: ${supported}`);
}

/**
 * @param {string} slug
 * @param {string} detail
 */
function refusal(slug, detail) {
  return new AssetApiError(400, detail, { type: `urn:asset-upload-api:problem:${slug}` });
}
