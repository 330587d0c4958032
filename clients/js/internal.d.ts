/** Types shared by the modules of `src`. */

import type { AssetOptions, Wait } from "./interfaces.js";

/** One HTTP request. */
export interface Exchange {
  method: string;
  url: string;
  headers?: Record<string, string>;
  body?: string | FormData;
  /** Milliseconds for the whole exchange. */
  timeoutMs: number;
  signal?: AbortSignal;
  /** Completed even if the page is left (Fetch Standard, "keepalive"); `fetch` only. */
  keepalive?: boolean;
}

export interface Answer {
  status: number;
  header(name: string): string | null;
  text: string;
}

/** Bytes of the body. */
export type OnSent = (sent: number, total: number) => void;

/** Called before a pause between attempts. */
export type OnWait = (wait: Wait) => void;

export type Transport = (exchange: Exchange, onSent?: OnSent) => Promise<Answer>;

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
  /** The result if a repeated attempt finds nothing: an earlier one succeeded. */
  alreadyDone?: any;
}

/** A checked file being uploaded. */
export interface Sending {
  file: Blob;
  filename: string;
  contentType: string;
  options: AssetOptions;
  idempotencyKey: string;
  signal?: AbortSignal;
  onSent?: OnSent;
  onWait?: OnWait;
}
