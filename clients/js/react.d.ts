/** `asset-upload-client/react` */

export { AssetUploader } from "./types/react.js";
export type { AssetUploaderProps, Failed, OverallProgress, Removed, Uploaded } from "./uploader-types.js";
export type { Strings as AssetUploaderStrings } from "./types/uploader/strings.js";
