/** Dropped folders: their files, and those of the folders in them. */

/** A method that takes two callbacks, as a promise. @returns {Promise<any>} */
const called = (/** @type {any} */ on, /** @type {string} */ method) => new Promise((resolve, reject) => on[method](resolve, reject));

/**
 * The files below an entry by name, folder by folder. Hidden ones, which people do not see in what they drop, are left out.
 *
 * @param {any} entry a `FileSystemEntry`
 * @returns {Promise<File[]>}
 */
export async function filesIn(entry) {
  if (entry.isFile) return [await called(entry, "file")];
  const reader = entry.createReader();
  const found = [];
  // Chromium gives a hundred at a time.
  for (let some; !some || some.length; found.push(...some)) some = await called(reader, "readEntries");
  found.sort((one, other) => (one.name < other.name ? -1 : 1));
  const files = [];
  for (const each of found) if (!each.name.startsWith(".")) files.push(await filesIn(each));
  return files.flat();
}
