/** What the API answers, as it is on the wire, and what the client's methods take. */

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
  /** What became of the C2PA manifest that the file came with. */
  content_credentials: "kept" | "removed" | "none";
  /** Where `source` is `generation`. */
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
  /** As the API keeps it. */
  filename: string;
  /** Of what is published. */
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
  /** Public, of a completed job. */
  video_url: string | null;
  /** The video's, of a completed job. */
  asset_id: string | null;
  /** Of a failed job. */
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

/** Before another try. */
export interface Wait {
  /** Of the answer, for example 429; 0 where none came. */
  status: number;
  seconds: number;
}

export interface UploadOptions {
  /** Starts anew where the file has to be sent again. Node tells the beginning and the end only. */
  onProgress?: (progress: Progress) => void;
  /** Called before each pause of the client's, with why and how long. */
  onWait?: (wait: Wait) => void;
  signal?: AbortSignal;
  /** The same key and file within 24 hours are one asset. A random one by default. */
  idempotencyKey?: string;
  /** The file's own by default. */
  filename?: string;
}

export interface PageOptions {
  /** 1 to 100. */
  limit?: number;
  /** `next_cursor` of the page before. */
  cursor?: string | null;
  fileType?: FileKind;
  signal?: AbortSignal;
}

export interface GenerateOptions {
  prompt: string;
  /** `owner/name` or `owner/name:version`. */
  modelId: string;
  /** The model's own; the URLs of assets for images. */
  input?: Record<string, unknown>;
  /** The same key and body within 24 hours are one job. A random one by default. */
  idempotencyKey?: string;
  signal?: AbortSignal;
}

export interface WaitOptions {
  /** Called at every change of `status`. */
  onUpdate?: (job: Job) => void;
  signal?: AbortSignal;
  /** Milliseconds; half an hour by default. */
  timeoutMs?: number;
  /** Milliseconds between two looks; 2000 by default. */
  intervalMs?: number;
}
