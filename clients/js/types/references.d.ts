/**
 * Normalizes a deployment's address: without a trailing slash or `/api/v2`; empty for the page's own host.
 *
 * @param {string} url
 * @throws {TypeError} if it cannot be a deployment's address
 */
export declare function rootOf(url: string): string;
/**
 * Returns the id in the URL of an asset or a rendition. Anything that is not a URL is already an id.
 *
 * @param {string} asset
 * @throws {TypeError} if it is neither, such as `undefined`
 */
export declare function assetId(asset: string): string;
/**
 * Returns the path of an asset, after `/api/v2`. Ids are encoded, so that one like `../owner` does not change the path.
 *
 * @param {string} asset an id or a URL
 * @param {...string} further
 */
export declare function assetPath(asset: string, ...further: string[]): string;
/**
 * Returns the path of a job, after `/api/v2`.
 *
 * @param {string} jobId
 * @param {...string} further
 */
export declare function jobPath(jobId: string, ...further: string[]): string;
