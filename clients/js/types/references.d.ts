/**
 * The address of a deployment, without a trailing slash or `/api/v2`; empty for the page's own host.
 *
 * @param {string} url
 * @throws {TypeError} for what can be no deployment's address
 */
export declare function rootOf(url: string): string;
/**
 * The id in an asset's URL, or in that of one of its renditions. Anything that is not a URL is an id already.
 *
 * @param {string} asset
 * @throws {TypeError} for what is neither: `undefined` would be asked for by that name
 */
export declare function assetId(asset: string): string;
/**
 * The path of an asset, after `/api/v2`. An id that someone made up, like `../owner`, is no other path.
 *
 * @param {string} asset an id or a URL
 * @param {...string} further
 */
export declare function assetPath(asset: string, ...further: string[]): string;
/**
 * The path of a job, after `/api/v2`.
 *
 * @param {string} jobId
 * @param {...string} further
 */
export declare function jobPath(jobId: string, ...further: string[]): string;
