/**
 * The id in an asset's URL, or in that of one of its renditions. Anything that is not a URL is an id already.
 *
 * @param {string} asset
 */
export declare function assetId(asset: string): string;
/**
 * The path of an asset, after `/api/v2`. An id that someone made up, like `../owner`, is no other path.
 *
 * @param {string} asset an id or a URL
 * @param {...string} further
 */
export declare function assetPath(asset: string, ...further: string[]): string;
