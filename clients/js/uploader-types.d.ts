/** Types of `<asset-uploader>` that its source does not declare: its events, and the props of its React wrapper. */

import type { AssetUploadResponse, UploadOptions, Visibility } from "./interfaces.js";

export interface Uploaded {
  file: File;
  asset: AssetUploadResponse;
}

export interface Failed {
  file: File;
  /** An AssetApiError, a local refusal, or an AbortError if the user canceled. */
  error: Error & { status?: number };
}

export interface Removed {
  asset: AssetUploadResponse;
}

/** Totals of the files that were added since the uploader was last idle. */
export interface OverallProgress {
  loaded: number;
  total: number;
  done: number;
  count: number;
}

export interface AssetUploaderEventMap {
  /** After `preventDefault()`, the file leaves the list and the form. */
  "asset-uploaded": CustomEvent<Uploaded>;
  "asset-failed": CustomEvent<Failed>;
  "asset-removed": CustomEvent<Removed>;
  "asset-progress": CustomEvent<OverallProgress>;
}

export interface Uploads {
  upload(file: Blob, options?: UploadOptions): Promise<AssetUploadResponse>;
}

export interface AssetUploaderProps {
  /** The URL of your deployment; the page's own host by default. */
  endpoint?: string;
  /** Returns a token of the signed-in user; called again after a 401. */
  getToken?: () => string | Promise<string>;
  /** A URL that answers a POST with `{"token": "…"}`. */
  tokenUrl?: string;
  token?: string;
  /** A client to upload with, instead of `endpoint` and a token. */
  client?: Uploads;
  name?: string;
  /** The value that a form posts; the URL by default. */
  valueType?: "url" | "asset_id";
  required?: boolean;
  disabled?: boolean;
  multiple?: boolean;
  maxFiles?: number;
  /** Such as `image/*` or `.jpg,.png`. */
  accept?: string;
  /** Bytes, or a size such as `5MB`. */
  maxSize?: number | string;
  tags?: readonly string[];
  /** Seconds. */
  expiresIn?: number;
  visibility?: Visibility;
  camera?: boolean;
  compact?: boolean;
  /** Accept files dropped or pasted anywhere on the page. */
  anywhere?: boolean;
  onUploaded?: (detail: Uploaded, event: CustomEvent<Uploaded>) => void;
  onFailed?: (detail: Failed, event: CustomEvent<Failed>) => void;
  onRemoved?: (detail: Removed, event: CustomEvent<Removed>) => void;
  onProgress?: (detail: OverallProgress, event: CustomEvent<OverallProgress>) => void;
  id?: string;
  className?: string;
  lang?: string;
  "aria-label"?: string;
}
