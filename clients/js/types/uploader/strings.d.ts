/** All texts of an uploader, in English. `uploader.strings = {...}` replaces some or all of them. */
/** Formats a size in steps of 1,024, in which the usual limit reads "50 MB". @param {number} bytes */
export declare function size(bytes: number): string;
export declare const STRINGS: {
    label: string;
    choose: (/** @type {boolean} */ many: boolean) => string;
    orDrop: (/** @type {boolean} */ many: boolean) => string;
    /** @param {string} kinds @param {number} maxBytes 0 if unknown */
    hint: (kinds: string, maxBytes: number) => string;
    camera: string;
    takePhoto: string;
    noCamera: string;
    cancel: string;
    cancelAll: string;
    retry: string;
    remove: string;
    waiting: (/** @type {number} */ bytes: number) => string;
    /** @param {number} loaded @param {number} total @param {number} speed bytes a second, 0 at first */
    sending: (loaded: number, total: number, speed: number) => string;
    processing: string;
    done: (/** @type {number} */ bytes: number) => string;
    canceled: string;
    limited: (/** @type {number} */ until: number) => string;
    offline: string;
    interrupted: string;
    busy: string;
    /** @param {number} done @param {number} count @param {number} until when the service takes the next file; 0 for now */
    overall: (done: number, count: number, until: number) => string;
    overallProgress: string;
    empty: string;
    wrongType: (/** @type {string} */ kinds: string) => string;
    tooLarge: (/** @type {number} */ maxBytes: number) => string;
    tooMany: (/** @type {number} */ most: number) => string;
    problem: (/** @type {Error} */ error: Error) => string;
    signIn: string;
    uploaded: (/** @type {string} */ name: string) => string;
    required: string;
    unfinished: string;
};
export type Strings = typeof STRINGS;
/** @typedef {typeof STRINGS} Strings */
