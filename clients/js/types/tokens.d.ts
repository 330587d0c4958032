/** @import {TokenSource} from "../interfaces.js" */
import type { TokenSource } from "../interfaces.js";
/** The token of each request: a string, or the result of a function that is called again when a token is refused. */
export declare class Tokens {
    #private;
    source: string | (() => string | Promise<string>);
    /** @param {TokenSource} source */
    constructor(source: TokenSource);
    get canRenew(): boolean;
    /**
     * @param {string} [refused] a token that the API refused
     * @returns {Promise<string>}
     */
    current(refused?: string): Promise<string>;
}
