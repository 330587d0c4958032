/**
 * `<asset-uploader>`: a form field that uploads files. docs/uploader.md lists its attributes, events and parts.
 * @module
 */

/** @import {AssetUploadResponse, UploadOptions} from "../interfaces.js" */
/** @import {Uploads} from "../uploader-types.js" */
/** @import {Item, Sending} from "./uploader/queue.js" */
/** @import {Strings} from "./uploader/strings.js" */
import { AssetClient } from "./client.js";
import { Queue } from "./uploader/queue.js";
import { bytesIn, kindsIn, refusal } from "./uploader/rules.js";
import { STRINGS } from "./uploader/strings.js";
import { CSS } from "./uploader/style.js";
import { Row, icon, make } from "./uploader/view.js";

const EXTENSIONS = ".jpg,.jpeg,.png,.gif,.webp,.mp4,.mov";
const ADDRESS = ["endpoint", "token", "token-url"];
// Servers that render pages import this too, and have no elements.
const Base = globalThis.HTMLElement ?? /** @type {typeof HTMLElement} */ (class {});

/** A form field that uploads files and posts their URLs. */
export class AssetUploader extends Base {
  static formAssociated = true;
  static observedAttributes = [...ADDRESS, "accept", "camera", "max-size", "multiple", "name", "required", "value-type"];

  /**
   * Returns a token of the signed-in user; called for the files of one moment together, and again after a 401.
   * @type {(() => string | Promise<string>) | undefined}
   */
  getToken = Reflect.get(this, "getToken"); // it may be set before the element is defined
  /**
   * A client to upload with, instead of `endpoint` and a token.
   * @type {Uploads | undefined}
   */
  client = Reflect.get(this, "client");
  #strings = STRINGS;
  #internals;
  #isDisabled = false;
  #queue = new Queue((file, sending) => this.#send(file, sending), (item) => this.#show(item));
  /** @type {Map<Item, Row>} */
  #rows = new Map();
  /** @type {AssetClient | undefined} */
  #ownClient;
  /** @type {AssetUploader["getToken"]} */
  #lastGetToken;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #connected = new AbortController();
  #input;
  #title;
  #hint;
  #camera;
  #zone;
  #counts;
  #cancelAll;
  #progress;
  #summary;
  #list;
  #announcer;

  constructor() {
    super();
    const click = { type: "button", onclick: () => this.cancel() };
    this.#internals = this.attachInternals();
    this.#internals.role = "group";
    const root = this.attachShadow({ mode: "open", delegatesFocus: true });
    // Not a <style> element, which a page's policy may forbid.
    root.adoptedStyleSheets = [new CSSStyleSheet()];
    root.adoptedStyleSheets[0]?.replaceSync(CSS);
    this.#input = make("input", "", { type: "file", onchange: () => this.#take(this.#input) });
    this.#title = make("span", "title");
    this.#hint = make("small", "hint");
    this.#camera = make("button", "button camera", { ...click, onclick: () => this.#photograph() });
    const label = make("label", "label", {}, this.#input, make("i", "icon", {}, icon("upload")), this.#title, this.#hint);
    this.#zone = make("section", "dropzone", {}, label, this.#camera);
    this.#counts = make("span", "counts");
    this.#cancelAll = make("button", "button cancel-all", click);
    this.#progress = make("progress", "progress");
    this.#summary = make("div", "summary", { hidden: true }, this.#counts, this.#cancelAll, this.#progress);
    this.#list = make("ul", "list", { role: "list" });
    this.#announcer = make("p", "", { role: "status" });
    root.append(this.#zone, this.#summary, this.#list, this.#announcer);
    if (!Object.hasOwn(this, "strings")) return;
    const { strings } = this;
    Reflect.deleteProperty(this, "strings");
    this.strings = strings;
  }

  connectedCallback() {
    this.#connected = new AbortController();
    const { signal } = this.#connected;
    const on = (/** @type {string} */ type, /** @type {(event: any) => void} */ handle) => addEventListener(type, handle, { signal });
    on("dragover", (event) => this.#drag(event, this.#isFor(event)));
    on("dragleave", (event) => event.relatedTarget || this.#drag(event, false));
    on("drop", (event) => {
      this.#drag(event, false);
      this.#paste(event, event.dataTransfer);
    });
    on("paste", (event) => this.#paste(event, event.clipboardData));
    on("beforeunload", (event) => this.#queue.isActive && event.preventDefault());
    on("online", () => {
      for (const item of this.#queue.items) if (item.error?.status === 0) this.#queue.start(item);
    });
    this.#render();
  }

  disconnectedCallback() {
    this.#connected.abort();
  }

  attributeChangedCallback(/** @type {string} */ name) {
    if (ADDRESS.includes(name)) this.#ownClient = undefined;
    this.#render();
  }

  #render() {
    const strings = this.#strings;
    const many = this.#has("multiple");
    this.#input.accept = this.#get("accept") ?? EXTENSIONS;
    this.#input.multiple = many;
    this.#input.disabled = this.#camera.disabled = this.#isDisabled;
    this.#internals.ariaLabel = strings.label;
    this.#title.replaceChildren(make("b", "browse", {}, strings.choose(many)), strings.orDrop(many));
    this.#hint.textContent = strings.hint(kindsIn(this.#get("accept")), this.#maxBytes);
    this.#camera.hidden = !this.#has("camera");
    this.#camera.replaceChildren(icon("camera"), strings.camera);
    this.#cancelAll.textContent = strings.cancelAll;
    this.#progress.ariaLabel = strings.overallProgress;
    this.#update();
  }

  formDisabledCallback(/** @type {boolean} */ isDisabled) {
    this.#isDisabled = isDisabled;
    this.#render();
  }

  formResetCallback() {
    for (const item of this.#queue.items) this.#remove(item);
  }

  /** Restores the uploaded files when the user returns to the page. */
  formStateRestoreCallback(/** @type {any} */ state) {
    for (const asset of JSON.parse(state)) this.#queue.add({ name: asset.filename, size: asset.size_bytes }, { asset });
  }

  /** The uploaded assets that are still in the list. */
  get assets() {
    return this.#queue.items.flatMap(({ asset }) => asset ?? []);
  }

  /** The URLs, or with `value-type="asset_id"` the ids, separated by spaces. */
  get value() {
    return this.#values.join(" ");
  }

  get strings() {
    return this.#strings;
  }

  /** Replaces some or all texts. @param {Partial<Strings>} strings */
  set strings(strings) {
    this.#strings = { ...STRINGS, ...strings };
    this.#render();
  }

  get form() {
    return this.#internals.form;
  }

  get validity() {
    return this.#internals.validity;
  }

  get validationMessage() {
    return this.#internals.validationMessage;
  }

  checkValidity() {
    return this.#internals.checkValidity();
  }

  reportValidity() {
    return this.#internals.reportValidity();
  }

  /** Opens the file dialog. */
  open() {
    this.#input.click();
  }

  /** Cancels the uploads in progress. */
  cancel() {
    for (const item of this.#queue.items) this.#queue.cancel(item);
  }

  /** Uploads files, or shows why they are refused. @param {Iterable<File>} files */
  add(files) {
    const many = this.#has("multiple");
    const most = Number(this.#get("max-files")) || Infinity;
    for (const file of many ? files : [...files].slice(0, 1)) {
      if (!many) this.formResetCallback();
      const isFull = this.#queue.items.filter(({ isActive, asset }) => isActive || asset).length >= most;
      const reason = isFull ? this.#strings.tooMany(most) : refusal(file, this.#get("accept"), this.#maxBytes, this.#strings);
      this.#queue.add(file, { refusal: reason });
    }
  }

  #get(/** @type {string} */ name) {
    return this.getAttribute(name);
  }

  #has(/** @type {string} */ name) {
    return this.hasAttribute(name);
  }

  get #maxBytes() {
    return bytesIn(this.#get("max-size"));
  }

  get #values() {
    const name = this.#get("value-type") === "asset_id" ? "asset_id" : "url";
    return this.assets.map((asset) => asset[name]);
  }

  #take(/** @type {any} */ input) {
    this.add(input.files);
    // So that choosing the same file again is a change, too.
    input.value = "";
  }

  async #photograph() {
    if (matchMedia("(pointer: coarse)").matches) {
      make("input", "", { type: "file", accept: "image/*", capture: "environment", onchange: (/** @type {any} */ { target }) => this.#take(target) }).click();
      return;
    }
    try {
      const { photograph } = await import("./uploader/camera.js");
      const file = await photograph(/** @type {Node} */ (this.shadowRoot), this.#strings);
      if (file) this.add([file]);
    } catch {
      this.#announcer.textContent = this.#hint.textContent = this.#strings.noCamera;
    }
  }

  #isFor(/** @type {Event} */ event) {
    const isHere = this.#has("anywhere") || event.composedPath().includes(this) || (event.type === "paste" && this.matches(":hover"));
    return isHere && !this.#isDisabled;
  }

  /**
   * @param {DragEvent} event
   * @param {boolean} isOver
   */
  #drag(event, isOver) {
    const takes = isOver && event.dataTransfer?.types.includes("Files");
    if (takes) event.preventDefault();
    this.#zone.setAttribute("part", `dropzone ${takes ? "dragging" : ""}`);
  }

  /**
   * @param {Event} event
   * @param {DataTransfer | null} data
   */
  #paste(event, data) {
    const [target] = event.composedPath();
    const isText = target instanceof Element && target.closest("input:not([type=file]), textarea, [contenteditable]");
    // Text pasted into a text field often comes with a picture of it.
    if (!data?.files.length || !this.#isFor(event) || (event.type === "paste" && isText)) return;
    event.preventDefault();
    // The event has items only until it ends.
    const entries = [...data.items].flatMap((item) => item.webkitGetAsEntry?.() ?? []);
    if (entries.some(({ isDirectory }) => isDirectory)) this.#walk(entries);
    else this.add(data.files);
  }

  async #walk(/** @type {FileSystemEntry[]} */ entries) {
    this.#queue.walks += 1;
    this.#update();
    try {
      const { filesIn } = await import("./uploader/folders.js");
      this.add(await filesIn(entries));
    } finally {
      this.#queue.walks -= 1;
      this.#update();
    }
  }

  /**
   * @param {File} file
   * @param {Sending} sending
   * @returns {Promise<AssetUploadResponse>}
   */
  async #send(file, sending) {
    const text = (/** @type {string} */ name) => this.#get(name) || undefined;
    const options = /** @type {UploadOptions} */ ({
      ...sending,
      tags: text("tags")?.split(",").map((tag) => tag.trim()),
      expiresIn: text("expires-in") && Number(text("expires-in")),
      visibility: text("visibility"),
    });
    // One client for all in the queue, so that they share a token, but never that of a user who has since signed out.
    if (this.#lastGetToken !== this.getToken) this.#ownClient = undefined;
    this.#lastGetToken = this.getToken;
    this.#ownClient ??= new AssetClient(text("endpoint") ?? "", () => this.#signIn());
    return (this.client ?? this.#ownClient).upload(file, options);
  }

  async #signIn() {
    const url = this.#get("token-url");
    if (this.getToken) return this.getToken();
    if (!url) return this.#get("token") ?? "";
    const response = await fetch(url, { method: "POST" });
    if (!response.ok) throw new Error(this.#strings.signIn);
    return (await response.json()).token;
  }

  #show(/** @type {Item} */ item) {
    const actions = { onRetry: () => this.#queue.start(item), onRemove: () => this.#close(item) };
    const row = this.#rows.get(item) ?? new Row(item, this.#strings, actions);
    const { state } = row;
    this.#rows.set(item, row);
    if (!state) this.#list.append(row.element);
    row.show();
    this.#update();
    const { loaded, total, done, count } = this.#queue.totals;
    if (count) this.#emit("asset-progress", { loaded, total, done, count });
    if (state === item.state) return;
    const { file, asset, error } = item;
    if (error) {
      this.#announcer.textContent = `${file.name}: ${row.text.textContent}`;
      this.#emit("asset-failed", { file, error });
    }
    if (!asset || !(file instanceof File)) return;
    this.#announcer.textContent = this.#strings.uploaded(file.name);
    if (!this.#emit("asset-uploaded", { file, asset })) this.#remove(item);
    this.#changed();
  }

  /** Cancels an upload, or removes a finished one from the list. */
  #close(/** @type {Item} */ item) {
    if (item.isActive) {
      this.#queue.cancel(item);
      return;
    }
    const next = this.#rows.get(item)?.element.nextElementSibling?.querySelector("button:last-child") ?? this.#input;
    this.#remove(item);
    next.focus();
    if (!item.asset) return;
    this.#emit("asset-removed", { asset: item.asset });
    this.#changed();
  }

  #remove(/** @type {Item} */ item) {
    this.#queue.remove(item);
    this.#rows.get(item)?.remove();
    this.#rows.delete(item);
    this.#update();
  }

  /** Updates the overall progress and the form's value. */
  #update() {
    const { required, unfinished, overall } = this.#strings;
    const { isActive, totals } = this.#queue;
    const { loaded, total, done, count, until } = totals;
    if (!isActive) this.#ownClient = undefined;
    this.#summary.hidden = count < 2 || !isActive;
    this.#counts.textContent = overall(done, count, until);
    this.#progress.value = loaded / (total || 1);
    clearTimeout(this.#timer);
    if (until) this.#timer = setTimeout(() => this.#update(), 1000);

    const data = new FormData();
    for (const value of this.#values) data.append(this.#get("name") ?? "", value);
    this.#internals.setFormValue(this.#has("name") ? data : null, JSON.stringify(this.assets));
    const valueMissing = this.#has("required") && !this.assets.length;
    this.#internals.setValidity({ valueMissing, customError: isActive }, isActive ? unfinished : valueMissing ? required : "", this.#input);
  }

  #changed() {
    this.dispatchEvent(new Event("change", { bubbles: true }));
  }

  /**
   * @param {string} type
   * @param {object} detail
   * @returns {boolean} false if a listener prevented the default
   */
  #emit(type, detail) {
    return this.dispatchEvent(new CustomEvent(type, { detail, bubbles: true, composed: true, cancelable: true }));
  }
}

if (globalThis.customElements && !customElements.get("asset-uploader")) customElements.define("asset-uploader", AssetUploader);
