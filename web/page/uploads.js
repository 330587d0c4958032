/** The uploader at the top of the page, whose uploaded files move to the gallery. */

import "/client/uploader.js";
import { byId } from "./elements.js";

/**
 * @param {import("/client/index.js").AssetClient} client
 * @param {(assetId: string) => void} onUploaded
 */
export function startUploads(client, onUploaded) {
  const uploader = byId("uploader");
  uploader.client = client;
  uploader.addEventListener("asset-uploaded", (event) => {
    event.preventDefault(); // it leaves the list
    onUploaded(event.detail.asset.asset_id);
  });
}
