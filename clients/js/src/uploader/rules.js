/** Rules for the files that an uploader accepts, checked before a byte is sent. */

/** @import {Strings} from "./strings.js" */
import { checked } from "../files.js";

const SUPPORTED = "jpg, png, gif, webp, mp4, mov";
const POWERS = ["", "k", "m", "g"];

/**
 * @param {string | null} text a number of bytes, `500 kB`, `5MB` and the like
 * @returns {number} 0 if there is no such number
 */
export function bytesIn(text) {
  const [, number, unit = ""] = /^\s*([\d.]+)\s*([kmg]?)b?\s*$/i.exec(text ?? "") ?? [];
  return Math.floor(Number(number) * 1024 ** POWERS.indexOf(unit.toLowerCase())) || 0;
}

/** @param {string | null} accept as of a file input */
const listed = (accept) => (accept ?? "").toLowerCase().split(",").map((each) => each.trim()).filter(Boolean);

/** Describes the accepted types. @param {string | null} accept */
export function kindsIn(accept) {
  return listed(accept).map((each) => each.replace(/\/\*$/, "s").replace(/^\.|^.*\//, "")).join(", ") || SUPPORTED;
}

/**
 * @param {File} file
 * @param {string | null} accept
 * @param {number} maxBytes 0 if only the service knows
 * @param {Strings} strings
 * @returns {string} the reason to refuse it; empty if there is none
 */
export function refusal(file, accept, maxBytes, strings) {
  if (!file.size) return strings.empty;
  if (maxBytes && file.size > maxBytes) return strings.tooLarge(maxBytes);
  try {
    const { contentType } = checked(file, file.name, Infinity);
    const fits = (/** @type {string} */ kind) =>
      file.name.toLowerCase().endsWith(kind) || contentType === kind || (kind.endsWith("*") && contentType.startsWith(kind.slice(0, -1)));
    return accept && !listed(accept).some(fits) ? strings.wrongType(kindsIn(accept)) : "";
  } catch (error) {
    return strings.problem(/** @type {Error} */ (error));
  }
}
