/** What the modules of `src` hand to each other. */

import type { Wait } from "./interfaces.js";

/** One HTTP request. */
export interface Exchange {
  method: string;
  url: string;
  headers?: Record<string, string>;
  body?: string | FormData;
  /** Milliseconds for the whole of it. */
  timeoutMs: number;
  signal?: AbortSignal;
  /** Sent even if the page is left meanwhile (Fetch Standard, "keepalive"); by `fetch` only. */
  keepalive?: boolean;
}

export interface Answer {
  status: number;
  header(name: string): string | null;
  text: string;
}

/** Bytes of the body. */
export type OnSent = (sent: number, total: number) => void;

/** Before a pause between two tries. */
export type OnWait = (wait: Wait) => void;

export type Transport = (exchange: Exchange, onSent?: OnSent) => Promise<Answer>;

/** A request to the API. */
export interface Call {
  /** What is null or undefined is left out. */
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
  /** The answer where another try finds nothing: an earlier one did it. */
  alreadyDone?: any;
}

/** A file that was checked, on its way. */
export interface Sending {
  file: Blob;
  filename: string;
  contentType: string;
  idempotencyKey: string;
  signal?: AbortSignal;
  onSent?: OnSent;
  onWait?: OnWait;
}
