/** @import {AssetOptions} from "../interfaces.js" */

/**
 * Returns the given options under the API's names.
 *
 * @param {AssetOptions} options
 * @returns {{tags?: string[], expires_in?: number | null, visibility?: string}}
 */
export function namedOptions({ tags, expiresIn, visibility }) {
  return {
    ...(tags && { tags: [...tags] }),
    ...(expiresIn !== undefined && { expires_in: expiresIn }),
    ...(visibility && { visibility }),
  };
}

/**
 * @param {FormData} form
 * @param {AssetOptions} options
 */
export function appendOptions(form, options) {
  for (const [name, value] of Object.entries(namedOptions(options))) {
    for (const each of [value].flat()) form.append(name, `${each}`);
  }
}
