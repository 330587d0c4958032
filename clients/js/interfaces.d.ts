/** The API's responses, exactly as sent, and the options of the client's methods. */

export type FileKind = "image" | "video";

export interface Asset {
  asset_id: string;
  filename: string;
  /** Media type, for example `image/jpeg`. */
  file_type: string;
  size_bytes: number;
  /** UTC without offset, for example `2025-11-15T12:34:56`. */
  uploaded_at: string;
  /** Public: no token needed. */
  url: string;
  source: "upload" | "generation";
  /** The fate of the C2PA manifest that the file came with. */
  content_credentials: "kept" | "removed" | "none";
  /** Only if `source` is `generation`. */
  job_id?: string;
  /** Hex. */
  sha256?: string;
  /** Pixels. */
  width?: number;
  /** Pixels. */
  height?: number;
}

export interface AssetUploadResponse {
  success: true;
  /** Public: no token needed. */
  url: string;
  asset_id: string;
  /** As stored by the API. */
  filename: string;
  /** Size of the published file. */
  size_bytes: number;
}

export interface AssetListResponse {
  success: true;
  /** Newest first. */
  assets: Asset[];
  limit: number;
  offset: number;
  /** Null on the last page. */
  next_cursor: string | null;
}

export interface DeleteResponse {
  success: true;
  message: string;
}

export type JobStatus = "pending" | "processing" | "completed" | "failed" | "canceled";

export interface GenerateResponse {
  success: true;
  job_id: string;
  status: JobStatus;
}

export interface Job {
  job_id: string;
  status: JobStatus;
  model_id: string;
  prompt: string;
  /** UTC without offset. */
  created_at: string;
  /** UTC without offset. */
  completed_at: string | null;
  /** The public URL, once completed. */
  video_url: string | null;
  /** The video's asset, once completed. */
  asset_id: string | null;
  /** The reason, once failed. */
  error_message: string | null;
}

export interface JobListResponse {
  success: true;
  /** Newest first. */
  jobs: Job[];
  limit: number;
  /** Null on the last page. */
  next_cursor: string | null;
}

/** An S3 presigned POST: `fields`, then the file as `file`. */
export interface UploadForm {
  method: "POST";
  url: string;
  fields: Record<string, string>;
  key: string;
  /** Seconds. */
  expires: number;
  expires_at: string;
}

export interface FormResponse extends Omit<AssetUploadResponse, "size_bytes"> {
  size_bytes: number | null;
  upload: UploadForm;
}

/** Bytes of the file. */
export interface Progress {
  loaded: number;
  total: number;
}

/** A pause before another attempt. */
export interface Wait {
  /** Status of the response, for example 429; 0 without one. */
  status: number;
  seconds: number;
}

export interface UploadOptions {
  /** Starts over when the file is sent again. Node reports only the beginning and the end. */
  onProgress?: (progress: Progress) => void;
  /** Called before each pause, with its reason and length. */
  onWait?: (wait: Wait) => void;
  signal?: AbortSignal;
  /** Within 24 hours, the same key and file give one asset. Random by default. */
  idempotencyKey?: string;
  /** The file's own name by default. */
  filename?: string;
}

export interface PageOptions {
  /** 1 to 100. */
  limit?: number;
  /** `next_cursor` of the previous page. */
  cursor?: string | null;
  fileType?: FileKind;
  signal?: AbortSignal;
}

export interface GenerateOptions {
  prompt: string;
  /** `owner/name` or `owner/name:version`. */
  modelId: string;
  /** The model's inputs; images are given as asset URLs. */
  input?: Record<string, unknown>;
  /** Within 24 hours, the same key and body give one job. Random by default. */
  idempotencyKey?: string;
  signal?: AbortSignal;
}

export interface WaitOptions {
  /** Called at each change of `status`. */
  onUpdate?: (job: Job) => void;
  signal?: AbortSignal;
  /** Milliseconds; half an hour by default. */
  timeoutMs?: number;
  /** Milliseconds between polls; 2000 by default. */
  intervalMs?: number;
}
