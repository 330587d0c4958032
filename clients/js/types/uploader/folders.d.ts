/** Dropped folders: their files, and those of the folders in them. */
/**
 * The files below an entry by name, folder by folder. Hidden ones, which people do not see in what they drop, are left out.
 *
 * @param {any} entry a `FileSystemEntry`
 * @returns {Promise<File[]>}
 */
export declare function filesIn(entry: any): Promise<File[]>;
