/**
 * States with which unfinished uploads in parts resume: in localStorage in a browser, otherwise in memory or, in Node, in a file.
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
      // An upload has one state: another version of the file may have taken it over by its idempotency key.
      for (const [other, text] of inMemory) if (stateIn(text)?.id === state.id) inMemory.delete(other);
      inMemory.set(key, JSON.stringify(state));
      try {
        if (storage) removeOutdated(storage, PREFIX + key, state.id);
        storage?.setItem(PREFIX + key, JSON.stringify(state));
      } catch {
        // The storage is full: the upload resumes only while the page is open.
      }
    },
  };
}

/**
 * Returns an upload's identity across reloads: owner, options, and the file's name, size and modification time. S3 stores the
 * options when an upload begins, so an upload with other options is a different one.
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
    return ""; // not a JWT: the same owner for all
  }
}

/** @returns {Storage | undefined} undefined if the browser denies it */
function localStorageOf() {
  try {
    return typeof document === "object" ? localStorage : undefined;
  } catch {
    return undefined;
  }
}

/**
 * @param {string | null | undefined} text
 * @returns {UploadState | undefined} undefined if it is not a state
 */
function stateIn(text) {
  try {
    return text ? JSON.parse(text) : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Removes states that have expired, and other states of this upload. Its current one stays until it is replaced, which may fail.
 *
 * @param {Storage} storage
 * @param {string} own the key of the current one
 * @param {string} id
 */
function removeOutdated(storage, own, id) {
  for (const key of Object.keys(storage)) {
    if (!key.startsWith(PREFIX) || key === own) continue;
    const state = stateIn(storage.getItem(key));
    if (isExpired(state ?? {}) || state?.id === id) storage.removeItem(key);
  }
}

/** @param {Partial<UploadState>} state */
export function isExpired({ expires_at = "" }) {
  return !(Date.parse(expires_at) > Date.now());
}
