/** The line that shows the owner's usage. */

import { byId } from "./elements.js";
import { size } from "/client/uploader/strings.js";

const of = (most) => (most ? ` of ${most}` : "");

/** Updates the line; if the request fails, it stays unchanged. */
export async function showUsage(client) {
  const usage = await client.usage().catch(() => null);
  if (!usage) return;
  const { assets, bytes, limits } = usage;
  byId("uploader").setAttribute("max-size", limits.max_upload_bytes);
  byId("usage").textContent = `${assets}${of(limits.max_assets)} ${(limits.max_assets || assets) === 1 ? "file" : "files"}, ${size(bytes)}${of(limits.max_bytes && size(limits.max_bytes))}`;
}
