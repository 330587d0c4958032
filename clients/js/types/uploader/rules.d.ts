/** Rules for the files that an uploader accepts, checked before a byte is sent. */
import type { Strings } from "./strings.js";
/**
 * @param {string | null} text a number of bytes, `500 kB`, `5MB` and the like
 * @returns {number} 0 if there is no such number
 */
export declare function bytesIn(text: string | null): number;
/** Describes the accepted types. @param {string | null} accept */
export declare function kindsIn(accept: string | null): string;
/**
 * @param {File} file
 * @param {string | null} accept
 * @param {number} maxBytes 0 if only the service knows
 * @param {Strings} strings
 * @returns {string} the reason to refuse it; empty if there is none
 */
export declare function refusal(file: File, accept: string | null, maxBytes: number, strings: Strings): string;
