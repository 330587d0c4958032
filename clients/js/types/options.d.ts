/** @import {AssetOptions} from "../interfaces.js" */
import type { AssetOptions } from "../interfaces.js";
/**
 * Returns the given options under the API's names.
 *
 * @param {AssetOptions} options
 * @returns {{tags?: string[], expires_in?: number | null, visibility?: string}}
 */
export declare function namedOptions({ tags, expiresIn, visibility }: AssetOptions): {
    tags?: string[];
    expires_in?: number | null;
    visibility?: string;
};
/**
 * @param {FormData} form
 * @param {AssetOptions} options
 */
export declare function appendOptions(form: FormData, options: AssetOptions): void;
