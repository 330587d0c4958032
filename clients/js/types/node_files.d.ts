/**
 * Files in Node. Its modules come from `process.getBuiltinModule` (Node 20.16), because bundlers for browsers follow `import`.
 * @module
 */
import type { NodeModules, Sliceable, States } from "../internal.js";
/**
 * @template {keyof NodeModules} Name
 * @param {Name} name
 * @returns {NodeModules[Name] | null} null in a browser
 */
export declare function builtin<Name extends keyof NodeModules>(name: Name): NodeModules[Name] | null;
/**
 * @param {string | URL} given
 * @returns {Promise<Sliceable>} a Blob that reads from the disk as it is sent
 */
export declare function fileAt(given: string | URL): Promise<Sliceable>;
/** @param {string | URL} path */
export declare function sizeAt(path: string | URL): Promise<number>;
/**
 * Opens a download's destination: a file, or a folder in which it gets its own name. A path that ends with a slash is a folder,
 * which is created if it is missing.
 *
 * @param {string | URL} to
 * @param {boolean} overwrite
 */
export declare function destination(to: string | URL, overwrite: boolean): Promise<{
    /**
     * @param {AsyncIterable<Uint8Array>} pieces
     * @param {() => string} filename
     * @returns {Promise<string>} the path; a failed download leaves no file
     */
    save(pieces: AsyncIterable<Uint8Array>, filename: () => string): Promise<string>;
}>;
/**
 * Sanitizes a file name, which is not trusted: no folders, control characters, leading dots or names that Windows reserves,
 * and an extension of its type.
 *
 * @param {string} name
 * @param {string} type a media type
 */
export declare function safeName(name: string, type: string): string;
/**
 * Stores states of unfinished uploads in a JSON file that only its owner can read.
 *
 * @param {string | URL} given
 * @returns {States}
 */
export declare function fileStates(given: string | URL): States;
