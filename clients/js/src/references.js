/**
 * The address of a deployment, without a trailing slash or `/api/v2`; empty for the page's own host.
 *
 * @param {string} url
 * @throws {TypeError} for what can be no deployment's address
 */
export function rootOf(url) {
  if (url === "" && typeof location === "object") return "";
  const parsed = typeof url === "string" ? urlOf(url.trim()) : null;
  if (!parsed || !/^https?:$/.test(parsed.protocol) || parsed.username || parsed.search || parsed.hash) {
    throw new TypeError(`The API's address is like https://assets.example.com; this is ${JSON.stringify(url)}`);
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
 * The id in an asset's URL, or in that of one of its renditions. Anything that is not a URL is an id already.
 *
 * @param {string} asset
 * @throws {TypeError} for what is neither: `undefined` would be asked for by that name
 */
export function assetId(asset) {
  required(asset, "An asset is given by its id or URL");
  if (!asset.includes("://")) return asset;
  return /\/assets\/([^/?#]+)/.exec(asset)?.[1] ?? asset;
}

/**
 * The path of an asset, after `/api/v2`. An id that someone made up, like `../owner`, is no other path.
 *
 * @param {string} asset an id or a URL
 * @param {...string} further
 */
export function assetPath(asset, ...further) {
  return ["/assets", ...[assetId(asset), ...further].map(encodeURIComponent)].join("/");
}

/**
 * The path of a job, after `/api/v2`.
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
