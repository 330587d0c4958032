/** `asset-upload-client/uploader` */

import type { AssetUploader } from "./types/uploader.js";
import type { AssetUploaderEventMap } from "./uploader-types.js";

export { AssetUploader } from "./types/uploader.js";
export type { AssetUploaderEventMap, Failed, OverallProgress, Removed, Uploaded } from "./uploader-types.js";
export type { Strings as AssetUploaderStrings } from "./types/uploader/strings.js";

declare global {
  interface HTMLElementTagNameMap {
    "asset-uploader": AssetUploader;
  }
  interface HTMLElementEventMap extends AssetUploaderEventMap {}
}
