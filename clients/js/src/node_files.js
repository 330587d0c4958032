/**
 * Files in Node. Its modules come from `process.getBuiltinModule` (Node 20.16), because bundlers for browsers follow `import`.
 * @module
 */

/** @import {NodeModules, Sliceable, States} from "../internal.js" */
import { MIME_BY_EXTENSION } from "./files.js";

// File systems take 255 bytes; a number such as " (12)" and an extension must still fit.
const LONGEST_STEM_BYTES = 235;

/**
 * @template {keyof NodeModules} Name
 * @param {Name} name
 * @returns {NodeModules[Name] | null} null in a browser
 */
export function builtin(name) {
  return /** @type {any} */ (globalThis).process?.getBuiltinModule?.(`node:${name}`) ?? null;
}

/**
 * @template {keyof NodeModules} Name
 * @param {Name} name
 * @returns {NodeModules[Name]}
 */
function nodeModule(name) {
  const found = builtin(name);
  if (!found) throw new TypeError("Paths need Node 20.16 or later; in a browser, pass the File of an <input type=file>");
  return found;
}

/** @param {string | URL} path a path, or a URL of the scheme file */
function pathOf(path) {
  if (/^https?:/.test(`${path}`)) throw new TypeError(`${path} is not a local file; importUrl imports a file from a URL`);
  return path instanceof URL || path.startsWith("file://") ? nodeModule("url").fileURLToPath(path) : path;
}

/**
 * @param {string | URL} given
 * @returns {Promise<Sliceable>} a Blob that reads from the disk as it is sent
 */
export async function fileAt(given) {
  const fs = nodeModule("fs");
  const path = pathOf(given);
  const stats = await fs.promises.stat(path);
  if (!stats.isFile()) throw new TypeError(`${path} is not a file`);
  const identity = await identityOf(path);
  return Object.assign(await fs.openAsBlob(path), {
    name: nodeModule("path").basename(path),
    lastModified: Math.round(stats.mtimeMs),
    wasTouched: async () => (await identityOf(path).catch(() => "gone")) !== identity,
    md5: async (/** @type {number} */ start, /** @type {number} */ end) => {
      const hash = nodeModule("crypto").createHash("md5");
      for await (const piece of fs.createReadStream(path, { start, end: end - 1 })) hash.update(piece);
      return hash.digest("hex");
    },
  });
}

/**
 * Returns what changes whenever a file is written or replaced. Programs can restore the modification time, but not the ctime.
 *
 * @param {string} path
 */
async function identityOf(path) {
  const { dev, ino, size, mtimeNs, ctimeNs } = await nodeModule("fs").promises.stat(path, { bigint: true });
  return [dev, ino, size, mtimeNs, ctimeNs].join();
}

/** @param {string | URL} path */
export async function sizeAt(path) {
  const stats = await nodeModule("fs").promises.stat(pathOf(path)).catch(() => null);
  return stats?.size ?? 0;
}

/**
 * Opens a download's destination: a file, or a folder in which it gets its own name. A path that ends with a slash is a folder,
 * which is created if it is missing.
 *
 * @param {string | URL} to
 * @param {boolean} overwrite
 */
export async function destination(to, overwrite) {
  const { promises: fs, createWriteStream } = nodeModule("fs");
  const { join, dirname, parse, sep } = nodeModule("path");
  const path = pathOf(to);
  const found = await fs.stat(path).catch(() => null);
  const namesFolder = path.endsWith("/") || path.endsWith(sep);
  const isFolder = namesFolder || (found?.isDirectory() ?? false);
  if (found && !isFolder && !overwrite) throw exists(path);
  const folder = isFolder ? path : dirname(path);

  /** @param {string} name */
  const reserved = async (name) => {
    if (!isFolder) {
      if (!overwrite && !(await created(path))) throw exists(path);
      return path;
    }
    const { name: stem, ext } = parse(name);
    for (let number = 0; ; number += 1) {
      const candidate = join(folder, number ? `${stem} (${number})${ext}` : name);
      if (overwrite || (await created(candidate))) return candidate;
    }
  };
  /**
   * Creates the file, so that no file created meanwhile is replaced.
   * @param {string} candidate
   */
  const created = (candidate) => fs.writeFile(candidate, "", { flag: "wx" }).then(() => true, (error) => {
    if (error.code === "EEXIST") return false;
    throw error;
  });

  return {
    /**
     * @param {AsyncIterable<Uint8Array>} pieces
     * @param {() => string} filename
     * @returns {Promise<string>} the path; a failed download leaves no file
     */
    async save(pieces, filename) {
      if (namesFolder) await fs.mkdir(folder, { recursive: true });
      const partial = join(folder, `.assets-${nodeModule("crypto").randomUUID()}.part`);
      try {
        await nodeModule("stream/promises").pipeline(pieces, createWriteStream(partial, { flags: "wx" }));
        const path = await reserved(filename());
        await fs.rename(partial, path);
        return path;
      } catch (error) {
        await fs.rm(partial, { force: true });
        throw error;
      }
    },
  };
}

/** @param {string} path */
function exists(path) {
  return Object.assign(new Error(`${path} exists already; the option "overwrite" replaces it`), { code: "EEXIST" });
}

/**
 * Sanitizes a file name, which is not trusted: no folders, control characters, leading dots or names that Windows reserves,
 * and an extension of its type.
 *
 * @param {string} name
 * @param {string} type a media type
 */
export function safeName(name, type) {
  const plain = (name.split(/[/\\]/).at(-1) ?? "")
    .replace(/[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]|(?![\u200c\u200d])\p{Cf}/gu, "")
    .replace(/[<>:"|?*]/g, "_")
    .replace(/^[ .]+|[ .]+$/g, "");
  const allowed = Object.keys(MIME_BY_EXTENSION).filter((each) => MIME_BY_EXTENSION[each] === type.split(";", 1)[0]);
  const [, named, extension] = /^(.+)\.([^.]+)$/.exec(plain) ?? [];
  const fits = extension && allowed.includes(extension.toLowerCase());
  let stem = (fits ? named : plain) ?? "";
  if (!stem || /^(con|prn|aux|nul|com\d|lpt\d)(\..*)?$/i.test(stem)) stem = `download${stem && `-${stem}`}`;
  while (new TextEncoder().encode(stem).length > LONGEST_STEM_BYTES) stem = Array.from(stem).slice(0, -1).join("");
  return `${stem}.${fits ? extension : (allowed[0] ?? "bin")}`;
}

/**
 * Stores states of unfinished uploads in a JSON file that only its owner can read.
 *
 * @param {string | URL} given
 * @returns {States}
 */
export function fileStates(given) {
  const { promises: fs } = nodeModule("fs");
  const path = pathOf(given);
  const read = async () => {
    try {
      return JSON.parse(await fs.readFile(path, "utf8"));
    } catch (error) {
      if (error instanceof SyntaxError || /** @type {any} */ (error).code === "ENOENT") return {};
      throw error;
    }
  };
  return {
    get: async (key) => (await read())[key],
    set(key, state) {
      // One after another, and atomically: a killed process leaves the old or the new file.
      writing = writing.catch(() => {}).then(async () => {
        // Without other states of this upload, which another version of the file may have taken over by its idempotency key.
        const others = Object.entries(await read()).filter(([name, other]) => name !== key && (!state || other?.id !== state.id));
        const all = Object.fromEntries(state ? [...others, [key, state]] : others);
        if (Object.keys(all).length === 0) return fs.rm(path, { force: true });
        const partial = `${path}.${nodeModule("crypto").randomUUID()}.part`;
        await fs.writeFile(partial, JSON.stringify(all), { mode: 0o600 });
        await fs.rename(partial, path);
      });
      return writing;
    },
  };
}

/** @type {Promise<void>} */
let writing = Promise.resolve();
