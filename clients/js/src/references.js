/**
 * Normalizes a deployment's address: without a trailing slash or `/api/v2`; empty for the page's own host.
 *
 * @param {string} url
 * @throws {TypeError} if it cannot be a deployment's address
 */
export function rootOf(url) {
  if (url === "" && typeof location === "object") return "";
  const parsed = typeof url === "string" ? urlOf(url.trim()) : null;
  if (!parsed || !/^https?:$/.test(parsed.protocol) || parsed.username || parsed.search || parsed.hash) {
    throw new TypeError(`The API's address must look like https://assets.example.com; this is ${JSON.stringify(url)}`);
  }
  return url.trim().replace(/\/*$/, "").replace(/\/+api\/v2$/, "");
}

/** @param {string} text */
function urlOf(text) {
  try {
    return new URL(text);
  } catch {
    return null;
  }
}

/**
 * Returns the id in the URL of an asset or a rendition. Anything that is not a URL is already an id.
 *
 * @param {string} asset
 * @throws {TypeError} if it is neither, such as `undefined`
 */
export function assetId(asset) {
  required(asset, "An asset is given by its id or URL");
  if (!asset.includes("://")) return asset;
  return /\/assets\/([^/?#]+)/.exec(asset)?.[1] ?? asset;
}

/**
 * Returns the path of an asset, after `/api/v2`. Ids are encoded, so that one like `../owner` does not change the path.
 *
 * @param {string} asset an id or a URL
 * @param {...string} further
 */
export function assetPath(asset, ...further) {
  return ["/assets", ...[assetId(asset), ...further].map(encodeURIComponent)].join("/");
}

/**
 * Returns the path of a job, after `/api/v2`.
 *
 * @param {string} jobId
 * @param {...string} further
 */
export function jobPath(jobId, ...further) {
  return ["/jobs", ...[required(jobId, "A job is given by its id"), ...further].map(encodeURIComponent)].join("/");
}

/**
 * @param {string} text
 * @param {string} rule
 */
function required(text, rule) {
  if (typeof text !== "string" || !text) throw new TypeError(`${rule}; this is ${JSON.stringify(text)}`);
  return text;
}
