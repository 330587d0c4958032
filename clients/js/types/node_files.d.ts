/**
 * Node's files. No `import` of them, which a bundler for browsers would follow: Node 20.16 and later hands its modules out.
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
 * Where a download goes: a file, or a folder in which it takes its own name.
 *
 * @param {string | URL} to
 * @param {boolean} overwrite
 */
export declare function destination(to: string | URL, overwrite: boolean): Promise<{
    /**
     * @param {AsyncIterable<Uint8Array>} pieces
     * @param {() => string} filename
     * @returns {Promise<string>} the path; nothing is left of what failed
     */
    save(pieces: AsyncIterable<Uint8Array>, filename: () => string): Promise<string>;
}>;
/**
 * A plain file name with an extension of its type: whoever named the file is not trusted with folders, control characters,
 * leading dots or names that Windows reserves.
 *
 * @param {string} name
 * @param {string} type a media type
 */
export declare function safeName(name: string, type: string): string;
/**
 * States of unfinished uploads in a file of JSON, which only its owner may read.
 *
 * @param {string | URL} given
 * @returns {States}
 */
export declare function fileStates(given: string | URL): States;
