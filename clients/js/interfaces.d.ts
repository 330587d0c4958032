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
  /** No token needed, unless it is private. */
  url: string;
  source: "upload" | "generation" | "import";
  /** The fate of the C2PA manifest that the file came with. */
  content_credentials: "kept" | "removed" | "none";
  /** Unless `source` is `upload`. */
  job_id?: string;
  /** Only if `source` is `import`. */
  source_url?: string;
  /** Hex. */
  sha256?: string;
  /** Pixels. */
  width?: number;
  /** Pixels. */
  height?: number;
  tags?: string[];
  /** UTC without offset; null for never. */
  expires_at?: string | null;
  visibility?: Visibility;
  /** A rendition; null if the file has none. */
  thumbnail_url?: string | null;
  /** Base64 of about 25 bytes that a page can paint before the picture loads; null until known. */
  thumbhash?: string | null;
  /** The reason why the file has no renditions. */
  rendition_error?: string;
  /** For videos only, like the next three. */
  duration_seconds?: number;
  frames_per_second?: number;
  video_codec?: string;
  /** Null without sound. */
  audio_codec?: string | null;
}

/** A token (JWT), or a function that returns or resolves with one and is called again when a token is refused. */
export type TokenSource = string | (() => string | Promise<string>);

export interface ClientOptions {
  /** Replaces the default transport. */
  fetch?: typeof globalThis.fetch;
  /** Attempts after the first; 5 by default. */
  retries?: number;
}

/**
 * A File or Blob, or, with the option `filename`, bytes; with `filename` and `size`, a stream; in Node, a path or a URL of the
 * scheme `file`.
 */
export type UploadSource = Blob | ArrayBuffer | ArrayBufferView | ReadableStream<Uint8Array> | AsyncIterable<Uint8Array> | string | URL;

export type Visibility = "public" | "private";

/** Options of every method that creates an asset. */
export interface AssetOptions {
  /** Up to ten. */
  tags?: readonly string[];
  /** Seconds, 60 to 31,536,000. */
  expiresIn?: number | null;
  visibility?: Visibility;
}

export interface AssetChanges extends AssetOptions {
  filename?: string;
}

/** Filters of lists; an asset must match all of them. */
export interface Filters {
  fileType?: FileKind;
  tag?: string;
  /** Part of the file name, ignoring case. */
  q?: string;
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

export interface DeleteManyResponse {
  success: true;
  deleted: string[];
  /** Ids that the owner does not have. */
  not_found: string[];
}

export interface ImportResponse {
  success: true;
  job_id: string;
  /** The id that the asset will have. */
  asset_id: string;
  status: JobStatus;
}

export interface EraseResponse {
  success: true;
  job_id: string;
}

export interface Usage {
  success: true;
  assets: number;
  bytes: number;
  /** Null for no limit. */
  limits: {
    max_upload_bytes: number;
    uploads_per_minute: number;
    generations_per_minute: number;
    max_bytes: number | null;
    max_assets: number | null;
  };
}

/** An event of a webhook. */
export interface AssetEvent {
  type: "asset.published" | "asset.refused" | "asset.deleted" | "job.completed" | "job.failed" | "job.canceled" | (string & {});
  /** RFC 3339. */
  timestamp: string;
  data: Record<string, unknown>;
}

export interface WebhookOptions {
  /** The most that the webhook's timestamp may differ from now; 300 by default. */
  toleranceSeconds?: number;
  /** Unix seconds; the current time by default. */
  now?: number;
}

export type JobKind = "generation" | "import" | "erasure";

export type JobStatus = "pending" | "processing" | "completed" | "failed" | "canceled";

export interface GenerateResponse {
  success: true;
  job_id: string;
  status: JobStatus;
}

export interface Job {
  job_id: string;
  kind?: JobKind;
  status: JobStatus;
  /** Of a generation. */
  model_id?: string | null;
  /** Of a generation. */
  prompt?: string | null;
  /** UTC without offset. */
  created_at: string;
  /** UTC without offset. */
  completed_at: string | null;
  /** The public URL, once completed. */
  video_url: string | null;
  /** The public URL of the imported file, once completed. */
  asset_url?: string | null;
  /** The job's asset, once completed. */
  asset_id: string | null;
  /** The number of deleted assets, for a completed erasure. */
  deleted_assets?: number | null;
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

export interface UploadOptions extends AssetOptions {
  /** Restarts if the file is sent again. Node reports only the beginning and the end. */
  onProgress?: (progress: Progress) => void;
  /** Called before each pause, with its reason and length. */
  onWait?: (wait: Wait) => void;
  signal?: AbortSignal;
  /** Within 24 hours, the same key and file give one asset. Random by default. */
  idempotencyKey?: string;
  /** The file's own name by default. */
  filename?: string;
  /** Bytes of a stream. */
  size?: number;
  /** Upload files above 4 MiB in resumable parts; by default only those above 50 MB. */
  resumable?: boolean;
  /**
   * In Node, the file that stores the states with which uploads in parts resume in another process. Browsers use localStorage.
   * Bytes and streams with the same name and size are assumed to be the same.
   */
  stateFile?: string | URL;
}

export interface ManyOptions extends AssetOptions {
  /** Files at a time; 4 by default. */
  concurrency?: number;
  /** Bytes of all files together. */
  onProgress?: (progress: Progress) => void;
  /** Called when a file is uploaded or has failed. */
  onOutcome?: (outcome: UploadOutcome) => void;
  /** Called before each pause, with its reason and length. */
  onWait?: (wait: Wait) => void;
  /** Aborts everything: `uploadMany` rejects with its reason. */
  signal?: AbortSignal;
  resumable?: boolean;
  stateFile?: string | URL;
}

/** A file of `uploadMany` with its asset, or with the reason for its failure. */
export interface UploadOutcome {
  file: UploadSource;
  asset?: AssetUploadResponse;
  error?: Error;
}

export interface StreamOptions {
  /** Such as `w640.webp` or `frame-last.png`, instead of the file. */
  rendition?: string;
  onProgress?: (progress: Progress) => void;
  signal?: AbortSignal;
}

export type DownloadOptions = StreamOptions;

export interface FileDownloadOptions extends StreamOptions {
  /** In Node, a file, or a folder in which the file gets its own name, numbered if that exists. */
  to: string | URL;
  /** Replaces an existing file. */
  overwrite?: boolean;
}

export interface SignedUrlOptions {
  /** Seconds, 60 to 604,800; 3600 by default. */
  expiresIn?: number;
  /** Such as `w640.webp` or `frame-last.png`. */
  rendition?: string;
  signal?: AbortSignal;
}

export interface SignedUrlResponse {
  success: true;
  url: string;
  /** UTC. */
  expires_at: string;
}

/** Response of `POST /uploads`. */
export interface PartUploadResponse extends Omit<AssetUploadResponse, "size_bytes"> {
  size_bytes: number;
  upload: {
    /** Opaque; valid until `expires_at`. */
    id: string;
    part_size: number;
    part_count: number;
    expires_at: string;
  };
}

/** A request that uploads a part: exactly `size` bytes with exactly these headers. */
export interface SignedPart {
  part_number: number;
  method: "PUT";
  url: string;
  headers: Record<string, string>;
  size: number;
}

export interface SignedPartsResponse {
  parts: SignedPart[];
}

/** The parts that S3 has. */
export interface PartsResponse {
  /** S3 lists no parts of a completed upload. */
  status: "uploading" | "completed";
  part_count: number;
  parts: { part_number: number; size: number; etag: string }[];
}

/** The properties of Uppy's files that are used. */
export interface UppyFile {
  id: string;
  name?: string;
  type?: string;
  size?: number | null;
  error?: unknown;
}

/** The members of `Uppy` (`@uppy/core`) that are used. */
export interface UppyInstance {
  addPostProcessor(processor: (fileIds: string[]) => Promise<unknown>): void;
  getFile(id: string): UppyFile | undefined;
  setFileState(id: string, state: { uploadURL: string }): void;
  emit(event: "upload-error", file: any, error: any): void;
}

export interface PageOptions extends Filters {
  /** 1 to 100. */
  limit?: number;
  /** `next_cursor` of the previous page. */
  cursor?: string | null;
  signal?: AbortSignal;
}

export interface ImportOptions extends AssetOptions {
  /** From the URL or the response by default. */
  filename?: string;
  /** Within 24 hours, the same key and body give one job. Random by default. */
  idempotencyKey?: string;
  signal?: AbortSignal;
}

export interface GenerateOptions extends AssetOptions {
  prompt: string;
  /** `owner/name` or `owner/name:version`. */
  modelId: string;
  /** The model's inputs; assets are given as URLs, or as `asset:<id>`. */
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
