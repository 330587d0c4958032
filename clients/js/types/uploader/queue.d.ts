/** The queue of an uploader, without the view: a few files at a time, pauses and retries. */
import type { AssetUploadResponse, Progress, Wait } from "../../interfaces.js";
export type Sending = {
    idempotencyKey: string;
    signal: AbortSignal;
    onProgress: (progress: Progress) => void;
    onWait: (wait: Wait) => void;
};
/** One file in the queue. */
export declare class Item {
    file: File | {
        name: string;
        size: number;
    };
    /** @type {"waiting" | "sending" | "done" | "failed"} */
    state: "waiting" | "sending" | "done" | "failed";
    loaded: number;
    began: number;
    /** @type {(Wait & {until: number}) | null} a pause between two attempts */
    wait: (Wait & {
        until: number;
    }) | null;
    /** @type {(Error & {status?: number}) | null} */
    error: (Error & {
        status?: number;
    }) | null;
    /** @type {AssetUploadResponse | null} */
    asset: AssetUploadResponse | null;
    key: string;
    abort: AbortController;
    /** @param {File | {name: string, size: number}} file without content if it was uploaded before the page was restored */
    constructor(file: File | {
        name: string;
        size: number;
    });
    get isActive(): boolean;
    get canRetry(): boolean;
}
export declare class Queue {
    #private;
    /** @type {Item[]} */
    items: Item[];
    /** When the service accepts the next file. */
    resumesAt: number;
    /** Dropped folders that are still being read. */
    walks: number;
    /**
     * @param {(file: File, sending: Sending) => Promise<AssetUploadResponse>} send
     * @param {(item: Item) => void} changed
     */
    constructor(send: (file: File, sending: Sending) => Promise<AssetUploadResponse>, changed: (item: Item) => void);
    get isActive(): boolean;
    /** Totals of the files since the queue was last idle. */
    get totals(): {
        count: number;
        done: number;
        loaded: number;
        total: number;
        until: number;
    };
    /**
     * Adds a file to send, a refused one, or one that was uploaded before the page was restored.
     *
     * @param {Item["file"]} file
     * @param {{refusal?: string, asset?: AssetUploadResponse}} [known]
     */
    add(file: Item["file"], { refusal, asset }?: {
        refusal?: string;
        asset?: AssetUploadResponse;
    }): void;
    /** @param {Item} item */
    start(item: Item): void;
    /** @param {Item} item */
    cancel(item: Item): void;
    /** @param {Item} item */
    remove(item: Item): void;
}
