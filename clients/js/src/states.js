/**
 * What an unfinished upload in parts needs to go on: in localStorage in a browser, in memory elsewhere, or in a file of Node's.
 * Loaded with the first such upload.
 * @module
 */

/** @import {Sliceable, States, UploadState} from "../internal.js" */

const PREFIX = "asset-upload:";
/** @type {Map<string, string>} */
const inMemory = new Map();

/**
 * @param {string | URL} [stateFile]
 * @returns {Promise<States>}
 */
export async function statesIn(stateFile) {
  if (stateFile !== undefined) return (await import("./node_files.js")).fileStates(stateFile);
  const storage = localStorageOf();
  return {
    async get(key) {
      return stateIn(inMemory.get(key) ?? storage?.getItem(PREFIX + key));
    },
    async set(key, state) {
      if (!state) {
        inMemory.delete(key);
        storage?.removeItem(PREFIX + key);
        return;
      }
      inMemory.set(key, JSON.stringify(state));
      try {
        if (storage) removeExpired(storage);
        storage?.setItem(PREFIX + key, JSON.stringify(state));
      } catch {
        // Full: it resumes as long as the page is open.
      }
    },
  };
}

/**
 * An upload's identity across reloads: by its owner, the file's name, size and time of change, and its options. S3 keeps
 * the options of an upload that has begun, so one with others is another upload.
 *
 * @param {string} root the API's address
 * @param {string} token
 * @param {Sliceable} file
 * @param {string} filename
 * @param {Record<string, unknown>} options under the names of the API
 */
export function identity(root, token, { size, lastModified }, filename, options) {
  return JSON.stringify([root, ownerOf(token), filename, size, lastModified, options]);
}

/** @param {string} token a JWT (RFC 7519) */
function ownerOf(token) {
  try {
    const claims = (token.split(".")[1] ?? "").replace(/-/g, "+").replace(/_/g, "/");
    return JSON.parse(atob(claims)).sub;
  } catch {
    return ""; // not a JWT: one owner for all
  }
}

/** @returns {Storage | undefined} nothing where the browser denies it */
function localStorageOf() {
  try {
    return typeof document === "object" ? localStorage : undefined;
  } catch {
    return undefined;
  }
}

/**
 * @param {string | null | undefined} text
 * @returns {UploadState | undefined} nothing for what is no state
 */
function stateIn(text) {
  try {
    return text ? JSON.parse(text) : undefined;
  } catch {
    return undefined;
  }
}

/** @param {Storage} storage */
function removeExpired(storage) {
  for (const key of Object.keys(storage)) {
    if (key.startsWith(PREFIX) && isExpired(stateIn(storage.getItem(key)) ?? {})) storage.removeItem(key);
  }
}

/** @param {Partial<UploadState>} state */
export function isExpired({ expires_at = "" }) {
  return !(Date.parse(expires_at) > Date.now());
}
