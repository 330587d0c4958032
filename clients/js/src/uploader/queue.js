/** The queue of an uploader, without the view: a few files at a time, pauses and retries. */

/** @import {AssetUploadResponse, Progress, Wait} from "../../interfaces.js" */
import { randomKey } from "../uploads.js";

/** @typedef {{idempotencyKey: string, signal: AbortSignal, onProgress: (progress: Progress) => void, onWait: (wait: Wait) => void}} Sending */

const AT_ONCE = 3;
const A_MINUTE = 60;
// Errors that a retry may fix: no response, an expired token, too many requests; and failures of the service.
const RETRYABLE = [undefined, 0, 401, 429];

/** One file in the queue. */
export class Item {
  /** @type {"waiting" | "sending" | "done" | "failed"} */
  state = "waiting";
  loaded = 0;
  began = 0;
  /** @type {(Wait & {until: number}) | null} a pause between two attempts */
  wait = null;
  /** @type {(Error & {status?: number}) | null} */
  error = null;
  /** @type {AssetUploadResponse | null} */
  asset = null;
  // One key for all attempts, so that the file becomes one asset even if a response is lost.
  key = randomKey();
  abort = new AbortController();

  /** @param {File | {name: string, size: number}} file without content if it was uploaded before the page was restored */
  constructor(file) {
    this.file = file;
  }

  get isActive() {
    return this.state === "waiting" || this.state === "sending";
  }

  get canRetry() {
    const status = this.error?.status;
    return this.state === "failed" && (RETRYABLE.includes(status) || Number(status) >= 500);
  }
}

export class Queue {
  /** @type {Item[]} */
  items = [];
  /** When the service accepts the next file. */
  resumesAt = 0;
  /** Dropped folders that are still being read. */
  walks = 0;
  /** @type {Item[]} the files since the queue was last idle */
  #batch = [];
  #running = 0;
  #send;
  #changed;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /**
   * @param {(file: File, sending: Sending) => Promise<AssetUploadResponse>} send
   * @param {(item: Item) => void} changed
   */
  constructor(send, changed) {
    this.#send = send;
    this.#changed = changed;
  }

  get isActive() {
    return this.walks > 0 || this.items.some((item) => item.isActive);
  }

  /** Totals of the files since the queue was last idle. */
  get totals() {
    const totals = { count: this.#batch.length, done: 0, loaded: 0, total: 0, until: this.resumesAt > Date.now() ? this.resumesAt : 0 };
    for (const { isActive, loaded, file } of this.#batch) {
      totals.done += isActive ? 0 : 1;
      totals.loaded += isActive ? loaded : file.size;
      totals.total += file.size;
    }
    return totals;
  }

  /**
   * Adds a file to send, a refused one, or one that was uploaded before the page was restored.
   *
   * @param {Item["file"]} file
   * @param {{refusal?: string, asset?: AssetUploadResponse}} [known]
   */
  add(file, { refusal, asset } = {}) {
    const item = new Item(file);
    this.items.push(item);
    if (asset) this.#change(item, { state: "done", asset });
    else if (refusal) this.#change(item, { state: "failed", error: Object.assign(new Error(refusal), { status: 400 }) });
    else this.start(item);
  }

  /** @param {Item} item */
  start(item) {
    if (!this.#batch.some((each) => each.isActive)) this.#batch = [];
    if (!this.#batch.includes(item)) this.#batch.push(item);
    this.#change(item, { state: "waiting", loaded: 0, error: null, abort: new AbortController() });
    this.#next();
  }

  /** @param {Item} item */
  cancel(item) {
    item.abort.abort();
    if (item.isActive) this.#change(item, { state: "failed", wait: null, error: new DOMException("Canceled", "AbortError") });
  }

  /** @param {Item} item */
  remove(item) {
    item.abort.abort();
    this.items = this.items.filter((each) => each !== item);
    if (item.isActive) this.#batch = this.#batch.filter((each) => each !== item);
  }

  #next() {
    clearTimeout(this.#timer);
    const pause = this.resumesAt - Date.now();
    if (pause > 0) this.#timer = setTimeout(() => this.#next(), pause);
    else for (const item of this.items) if (this.#running < AT_ONCE && item.state === "waiting") void this.#run(item);
  }

  /** @param {Item} item */
  async #run(item) {
    const { signal } = item.abort;
    const change = (/** @type {Partial<Item>} */ to) => signal.aborted || this.#change(item, to);
    const pause = (/** @type {number} */ seconds) => (this.resumesAt = Math.max(this.resumesAt, Date.now() + seconds * 1000));
    this.#running += 1;
    change({ state: "sending", began: Date.now() });
    try {
      const asset = await this.#send(/** @type {File} */ (item.file), {
        idempotencyKey: item.key,
        signal,
        onProgress: ({ loaded }) => change({ loaded, wait: null }),
        onWait: (wait) => {
          if (wait.status === 429) pause(wait.seconds);
          change({ wait: { ...wait, until: Date.now() + wait.seconds * 1000 } });
        },
      });
      change({ state: "done", wait: null, asset });
    } catch (reason) {
      const error = /** @type {Error & {status?: number, retryAfter?: number | null}} */ (reason);
      // The client has stopped retrying, but the queue can wait.
      if (error.status === 429) pause(error.retryAfter ?? A_MINUTE);
      change(error.status === 429 ? { state: "waiting", loaded: 0, wait: null } : { state: "failed", wait: null, error });
    } finally {
      this.#running -= 1;
      this.#next();
    }
  }

  /**
   * @param {Item} item
   * @param {Partial<Item>} to
   */
  #change(item, to) {
    Object.assign(item, to);
    this.#changed(item);
  }
}
