/** Types shared by the modules of `src`. */

import type { AssetOptions, UppyFile, Wait } from "./interfaces.js";

/** A Blob, or a stream that is sliced once, in order. */
export interface Sliceable {
  size: number;
  type: string;
  name?: string;
  /** Milliseconds since 1970. */
  lastModified?: number;
  slice(start: number, end: number, contentType?: string): Blob | Promise<Blob>;
  /** Whether anything about a file on disk has changed since it was opened, if only its permissions. */
  wasTouched?(): Promise<boolean>;
  /** The MD5 of a file's bytes as they are now, in hexadecimal; where it can be computed. */
  md5?(start: number, end: number): Promise<string>;
}

/** The state with which an unfinished upload in parts resumes. */
export interface UploadState {
  asset_id: string;
  id: string;
  part_size: number;
  part_count: number;
  expires_at: string;
  /**
   * ETags of the parts that were sent, by number, if the caller gave an idempotency key: the parts that S3 has may then be of
   * another file with this name and size, such as an older version.
   */
  etags?: Record<number, string>;
  /** Set by earlier releases instead of `etags`: parts in S3 may be of another file. */
  sendsAll?: boolean;
}

export interface States {
  get(key: string): Promise<UploadState | undefined>;
  /** `null` removes it. */
  set(key: string, state: UploadState | null): Promise<void>;
}

/** A response whose bytes are read as they arrive; `text` is set for an unsuccessful one. */
export interface StreamedResponse extends TextResponse {
  pieces: AsyncIterable<Uint8Array>;
  end(): void;
}

/** The functions of Node's modules that the client uses. */
export interface NodeModules {
  crypto: {
    createHash(name: string): { update(bytes: Uint8Array): void; digest(encoding: "hex"): string };
    randomUUID(): string;
  };
  fs: {
    openAsBlob(path: string): Promise<Blob>;
    createReadStream(path: string, options: { start: number; end: number }): AsyncIterable<Uint8Array>;
    createWriteStream(path: string, options: { flags: string }): object;
    promises: {
      stat(path: string): Promise<{ size: number; mtimeMs: number; isFile(): boolean; isDirectory(): boolean }>;
      stat(path: string, options: { bigint: true }): Promise<Record<"dev" | "ino" | "size" | "mtimeNs" | "ctimeNs", bigint>>;
      readFile(path: string, encoding: "utf8"): Promise<string>;
      writeFile(path: string, text: string, options: { flag?: string; mode?: number }): Promise<void>;
      mkdir(path: string, options: { recursive: boolean }): Promise<unknown>;
      rename(from: string, to: string): Promise<void>;
      rm(path: string, options: { force: boolean }): Promise<void>;
    };
  };
  path: {
    basename(path: string): string;
    dirname(path: string): string;
    join(...paths: string[]): string;
    parse(path: string): { name: string; ext: string };
    sep: string;
  };
  "stream/promises": { pipeline(from: AsyncIterable<Uint8Array>, to: object): Promise<void> };
  url: { fileURLToPath(url: string | URL): string };
}

/** One HTTP request. */
export interface Exchange {
  method: string;
  url: string;
  headers?: Record<string, string>;
  body?: string | FormData | Blob;
  /** Milliseconds for the whole exchange. */
  timeoutMs: number;
  signal?: AbortSignal;
  /** Completes even if the user leaves the page (Fetch Standard, "keepalive"); `fetch` only. */
  keepalive?: boolean;
}

export interface TextResponse {
  status: number;
  header(name: string): string | null;
  text: string;
}

/** Bytes of the body. */
export type OnSent = (sent: number, total: number) => void;

/** Called before a pause between attempts. */
export type OnWait = (wait: Wait) => void;

export type Transport = (exchange: Exchange, onSent?: OnSent) => Promise<TextResponse>;

/** A request to the API. */
export interface Call {
  /** Null and undefined values are left out. */
  query?: Record<string, string | number | null | undefined>;
  /** The body. */
  json?: object;
  /** The body, if it is not `json`. */
  form?: FormData;
  idempotencyKey?: string;
  signal?: AbortSignal;
  keepalive?: boolean;
  onSent?: OnSent;
  onWait?: OnWait;
  /** Called with the facts of the response; `retryAfter` in seconds. */
  onResponse?: (response: { status: number; retryAfter: number | null }) => void;
  /** The result if a repeated attempt finds nothing: an earlier one succeeded. */
  alreadyDone?: any;
}

/** The name and type of a checked file. */
export interface Declared {
  filename: string;
  contentType: string;
}

/** A checked file being uploaded. */
export interface Sending {
  file: Sliceable;
  filename: string;
  contentType: string;
  options: AssetOptions;
  idempotencyKey: string;
  /** Whether the key is the caller's. */
  isKeyGiven: boolean;
  signal?: AbortSignal;
  onSent?: OnSent;
  onWait?: OnWait;
}

export interface BlobSending extends Sending {
  file: Blob;
}

export interface UppyUpload {
  key: string;
  uploadId?: string;
  signal?: AbortSignal;
}

export interface UppyPart extends UppyUpload {
  partNumber: number;
}

export interface StoredPart {
  PartNumber: number;
  Size?: number;
  ETag: string;
}

export interface UppyHooks {
  createMultipartUpload(file: UppyFile): Promise<{ key: string; uploadId: string }>;
  signPart(part: UppyPart): Promise<{ method: "PUT"; url: string; headers: Record<string, string> }>;
  listParts(upload: UppyUpload): Promise<StoredPart[]>;
  completeMultipartUpload(upload: UppyUpload): Promise<{ location: string }>;
  abortMultipartUpload(upload: UppyUpload): Promise<void>;
}

/** The argument of Uppy 6's `signRequest`. */
export interface UppyRequest {
  method: string;
  key: string;
  uploadId?: string;
  partNumber?: number;
}
