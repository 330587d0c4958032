/** The row that an uploader shows for each file. */
import type { Item } from "./queue.js";
import type { Strings } from "./strings.js";
/** @import {Item} from "./queue.js" */
/** @import {Strings} from "./strings.js" */
declare const ICONS: {
    upload: string;
    camera: string;
    file: string;
    remove: string;
};
/**
 * @param {string} tag
 * @param {string} part name for `::part`
 * @param {object} [properties]
 * @param {...(Node | string)} children
 * @returns {any}
 */
export declare function make(tag: string, part: string, properties?: object, ...children: (Node | string)[]): any;
/** @param {keyof typeof ICONS} name */
export declare function icon(name: keyof typeof ICONS): SVGSVGElement;
export declare class Row {
    item: Item;
    state: string;
    strings: {
        label: string;
        choose: (many: boolean) => string;
        orDrop: (many: boolean) => string;
        hint: (kinds: string, maxBytes: number) => string;
        camera: string;
        takePhoto: string;
        noCamera: string;
        cancel: string;
        cancelAll: string;
        retry: string;
        remove: string;
        waiting: (bytes: number) => string;
        sending: (loaded: number, total: number, speed: number) => string;
        processing: string;
        done: (bytes: number) => string;
        canceled: string;
        limited: (until: number) => string;
        offline: string;
        interrupted: string;
        busy: string;
        overall: (done: number, count: number, until: number) => string;
        overallProgress: string;
        empty: string;
        wrongType: (kinds: string) => string;
        tooLarge: (maxBytes: number) => string;
        tooMany: (most: number) => string;
        problem: (error: Error) => string;
        signIn: string;
        uploaded: (name: string) => string;
        required: string;
        unfinished: string;
    };
    text: any;
    progress: any;
    retry: any;
    close: any;
    url: string | undefined;
    element: any;
    /**
     * @param {Item} item
     * @param {Strings} strings
     * @param {{onRetry: () => void, onRemove: () => void}} actions
     */
    constructor(item: Item, strings: Strings, { onRetry, onRemove }: {
        onRetry: () => void;
        onRemove: () => void;
    });
    show(): void;
    remove(): void;
}
/**
 * @param {Item} item
 * @param {Strings} strings
 */
export declare function stateIn({ state, file, loaded, began, wait, error }: Item, strings: Strings): string;
export {};
