/**
 * The pace of many uploads, by the limit that the service states in its responses. Loaded with `many.js`.
 * @module
 */
import type { TextResponse } from "../internal.js";
/**
 * The uploads that a client may begin now.
 *
 * The service counts an upload, once however often it is sent, at some time between a request and its response. So the upload
 * takes a slot before it is sent, which is free again one window after the response: the client alone never exceeds the quota. The
 * first request goes alone, and its response states the quota. The number of remaining requests in each response reveals uploads
 * by the owner's other clients: never more requests than that are in flight.
 */
export declare class UploadPace {
    #private;
    /** @param {() => number} [clock] in milliseconds; monotonic */
    constructor(clock?: () => number);
    /**
     * Takes a slot, to be followed by `responded`. Another attempt of the same upload keeps its slot.
     *
     * @param {string} key the upload's idempotency key
     * @returns {number} 0 if the slot was taken; otherwise milliseconds to wait, Infinity until any response arrives
     */
    take(key: string): number;
    /**
     * Records the end of a request.
     *
     * @param {string} key
     * @param {TextResponse | null} response null without a response
     */
    responded(key: string, response: TextResponse | null): void;
}
