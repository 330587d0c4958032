/**
 * `<asset-uploader>`: a form field that uploads files. docs/uploader.md lists its attributes, events and parts.
 * @module
 */
import type { AssetUploadResponse } from "../interfaces.js";
import type { Uploads } from "../uploader-types.js";
import type { Strings } from "./uploader/strings.js";
declare const Base: {
    new (): HTMLElement;
    prototype: HTMLElement;
};
/** A form field that uploads files and posts their URLs. */
export declare class AssetUploader extends Base {
    #private;
    static formAssociated: boolean;
    static observedAttributes: string[];
    /**
     * Returns a token of the signed-in user; called for the files of one moment together, and again after a 401.
     * @type {(() => string | Promise<string>) | undefined}
     */
    getToken: (() => string | Promise<string>) | undefined;
    /**
     * A client to upload with, instead of `endpoint` and a token.
     * @type {Uploads | undefined}
     */
    client: Uploads | undefined;
    constructor();
    connectedCallback(): void;
    disconnectedCallback(): void;
    attributeChangedCallback(/** @type {string} */ name: string): void;
    formDisabledCallback(/** @type {boolean} */ isDisabled: boolean): void;
    formResetCallback(): void;
    /** Restores the uploaded files when the user returns to the page. */
    formStateRestoreCallback(/** @type {any} */ state: any): void;
    /** The uploaded assets that are still in the list. */
    get assets(): AssetUploadResponse[];
    /** The URLs, or with `value-type="asset_id"` the ids, separated by spaces. */
    get value(): string;
    get strings(): Partial<Strings>;
    /** Replaces some or all texts. @param {Partial<Strings>} strings */
    set strings(strings: Partial<Strings>);
    get form(): HTMLFormElement | null;
    get validity(): ValidityState;
    get validationMessage(): string;
    checkValidity(): boolean;
    reportValidity(): boolean;
    /** Opens the file dialog. */
    open(): void;
    /** Cancels the uploads in progress. */
    cancel(): void;
    /** Uploads files, or shows why they are refused. @param {Iterable<File>} files */
    add(files: Iterable<File>): void;
}
export {};
