/**
 * Sources of an upload other than Blobs: bytes, paths and, with a size, streams. Loaded on first use.
 * @module
 */

/** @import {UploadOptions, UploadSource} from "../interfaces.js" */
/** @import {Sliceable} from "../internal.js" */
import { FORM_MAX_BYTES } from "./files.js";

/**
 * @param {UploadSource} source
 * @param {Pick<UploadOptions, "size" | "filename">} options
 * @returns {Promise<Sliceable>}
 * @throws {TypeError} for anything else
 */
export async function opened(source, { size, filename }) {
  if (source instanceof ArrayBuffer || ArrayBuffer.isView(source)) {
    return named(new Blob([/** @type {BlobPart} */ (source)]), required(filename, "filename"));
  }
  if (typeof source === "string" || source instanceof URL) return (await import("./node_files.js")).fileAt(source);
  const next = bytesOf(source);
  if (next) {
    const file = new StreamedFile(next, required(size, "size"), required(filename, "filename"));
    // Streams that fit into a form are collected, so that they can be sent again.
    return file.size > FORM_MAX_BYTES ? file : named(await file.whole(), file.name);
  }
  // A Blob of another realm, such as an iframe's.
  if (typeof (/** @type {any} */ (source)?.slice) === "function" && "size" in source) return /** @type {Sliceable} */ (source);
  const kind = source === null ? "null" : Array.isArray(source) ? "an array" : typeof source;
  throw new TypeError(`A file is a File, Blob, Uint8Array or stream or, in Node, a path; this is ${kind}`);
}

/**
 * @param {UploadSource} source
 * @returns {Promise<number>} 0 if it is unknown, or the file is missing
 */
export async function sizeOf(source) {
  if (typeof source === "string" || source instanceof URL) return (await import("./node_files.js")).sizeAt(source);
  const { size, byteLength } = /** @type {{size?: number, byteLength?: number}} */ (Object(source));
  return size ?? byteLength ?? 0;
}

/**
 * @template Option
 * @param {Option | undefined} value
 * @param {string} name
 */
function required(value, name) {
  if (value === undefined) throw new TypeError(`A source without a ${name} needs the option "${name}"`);
  return value;
}

/**
 * @param {Blob} blob
 * @param {string} name
 * @returns {Sliceable}
 */
export function named(blob, name) {
  return Object.assign(blob, { name });
}

/**
 * @param {any} source
 * @returns {(() => Promise<Uint8Array | undefined>) | null} null if it is not a stream
 */
function bytesOf(source) {
  if (typeof source?.getReader === "function") {
    const reader = source.getReader();
    return async () => (await reader.read()).value;
  }
  const iterator = source?.[Symbol.asyncIterator]?.();
  return iterator && (async () => (await iterator.next()).value);
}

/** A stream of known size as a file that can be sliced once, in order, with one slice in memory. */
class StreamedFile {
  #next;
  #at = 0;
  /** @type {Uint8Array[]} */
  #left = [];
  /** @type {Promise<unknown>} */
  #slicing = Promise.resolve();

  /**
   * @param {() => Promise<Uint8Array | undefined>} next
   * @param {number} size
   * @param {string} name
   */
  constructor(next, size, name) {
    this.#next = next;
    this.size = size;
    this.name = name;
    this.type = "";
  }

  whole() {
    return this.slice(0, this.size);
  }

  /**
   * Skips the bytes before `start`.
   *
   * @param {number} start
   * @param {number} end
   * @returns {Promise<Blob>}
   */
  slice(start, end) {
    const sliced = this.#slicing.then(async () => {
      if (start < this.#at) throw new TypeError("A stream can be sent only once: pass it again from its beginning");
      await this.#read(start);
      return new Blob(/** @type {BlobPart[]} */ (await this.#read(end)));
    });
    this.#slicing = sliced.catch(() => {});
    return sliced;
  }

  /** @param {number} end */
  async #read(end) {
    const pieces = [];
    while (this.#at < end) {
      const piece = this.#left.shift() ?? (await this.#next());
      if (piece === undefined) throw this.#wrongSize("ended after", this.#at);
      if (!ArrayBuffer.isView(piece)) throw new TypeError("A stream to upload must yield Uint8Arrays");
      const taken = piece.subarray(0, end - this.#at);
      if (taken.length < piece.length) this.#left.unshift(piece.subarray(taken.length));
      this.#at += taken.length;
      pieces.push(taken);
    }
    if (end === this.size && (this.#left.length || (await this.#next()))) throw this.#wrongSize("continues after", end);
    return pieces;
  }

  /**
   * @param {string} what
   * @param {number} bytes
   */
  #wrongSize(what, bytes) {
    return new TypeError(`The stream ${what} ${bytes} bytes; its size was given as ${this.size}`);
  }
}
