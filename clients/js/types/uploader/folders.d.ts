/** Dropped folders: their files, and those of the folders in them. */
/**
 * Returns the files of dropped entries by name, folder by folder, without hidden ones, which people do not see in what they drop.
 *
 * @param {any[]} entries `FileSystemEntry` objects
 */
export declare const filesIn: (entries: any[]) => Promise<File[]>;
