/** Dropped folders: their files, and those of the folders in them. */

/** A method that takes two callbacks, as a promise. @returns {Promise<any>} */
const called = (/** @type {any} */ on, /** @type {string} */ method) => new Promise((resolve, reject) => on[method](resolve, reject));

/** An entry that is empty or cannot be read is shown, and refused, as an empty file. */
const nothing = (/** @type {any} */ entry) => [new File([], entry.name)];

/** @returns {Promise<File[]>} */
const below = (/** @type {any} */ entry) => read(entry).catch(() => nothing(entry));

/**
 * @param {any} entry
 * @returns {Promise<File[]>}
 */
async function read(entry) {
  if (entry.isFile) return [await called(entry, "file")];
  const reader = entry.createReader();
  const found = [];
  // Chromium gives a hundred at a time.
  for (let some; !some || some.length; found.push(...some)) some = await called(reader, "readEntries");
  found.sort((one, other) => (one.name < other.name ? -1 : 1));
  const files = [];
  for (const each of found) if (each.name[0] !== ".") files.push(...(await below(each)));
  return files;
}

/**
 * Returns the files of dropped entries by name, folder by folder, without hidden ones, which people do not see in what they drop.
 *
 * @param {any[]} entries `FileSystemEntry` objects
 */
export const filesIn = async (entries) =>
  (await Promise.all(entries.map(below))).flatMap((files, index) => (files.length ? files : nothing(entries[index])));
