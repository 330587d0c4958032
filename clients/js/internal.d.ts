/** What the modules of `src` hand to each other. */

/** One HTTP request. */
export interface Exchange {
  method: string;
  url: string;
  headers?: Record<string, string>;
  body?: string | FormData;
  /** Milliseconds for the whole of it. */
  timeoutMs: number;
  signal?: AbortSignal;
}

export interface Answer {
  status: number;
  header(name: string): string | null;
  text: string;
}

/** Bytes of the body. */
export type OnSent = (sent: number, total: number) => void;

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
  onSent?: OnSent;
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
}
