/**
 * `<AssetUploader>` for React 18 and later: `<asset-uploader>` with props, callbacks and types.
 * @module
 */
import type { AssetUploader as Element } from "./uploader.js";
import type { AssetUploaderProps } from "../uploader-types.js";
import type { Strings } from "./uploader/strings.js";
import "./uploader.js";
export declare const AssetUploader: import("react").ForwardRefExoticComponent<AssetUploaderProps & {
    strings?: Partial<Strings>;
    style?: import("react").CSSProperties;
} & import("react").RefAttributes<Element>>;
