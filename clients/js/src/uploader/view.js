/** The row that an uploader shows for each file. */

/** @import {Item} from "./queue.js" */
/** @import {Strings} from "./strings.js" */

const ICONS = {
  upload: "M12 16V4m0 0L7 9m5-5 5 5M4 16v4h16v-4",
  camera: "M3 8h4l2-3h6l2 3h4v11H3Zm9 9a4 4 0 1 0 0-8 4 4 0 0 0 0 8",
  file: "M6 3h8l5 5v13H6Zm8 0v5h5",
  remove: "M6 6l12 12M18 6 6 18",
};
const SVG = "http://www.w3.org/2000/svg";
const PREVIEW_MAX_BYTES = 20_000_000;

/**
 * @param {string} tag
 * @param {string} part name for `::part`
 * @param {object} [properties]
 * @param {...(Node | string)} children
 * @returns {any}
 */
export function make(tag, part, properties, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  if (part) element.setAttribute("part", part);
  element.append(...children);
  return element;
}

/** @param {keyof typeof ICONS} name */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  svg.append(document.createElementNS(SVG, "path"));
  svg.firstElementChild?.setAttribute("d", ICONS[name]);
  return svg;
}

export class Row {
  /**
   * @param {Item} item
   * @param {Strings} strings
   * @param {{onRetry: () => void, onRemove: () => void}} actions
   */
  constructor(item, strings, { onRetry, onRemove }) {
    const { name, size } = item.file;
    this.item = item;
    this.state = "";
    this.strings = strings;
    this.text = make("span", "state");
    this.progress = make("progress", "progress", { ariaLabel: name });
    this.retry = make("button", "button retry", { type: "button", onclick: onRetry, ariaLabel: `${strings.retry} ${name}` }, strings.retry);
    this.close = make("button", "button remove", { type: "button", onclick: onRemove }, icon("remove"));
    const preview = make("i", "preview", {}, icon("file"));
    if (item.file instanceof Blob && item.file.type.startsWith("image/") && size < PREVIEW_MAX_BYTES) {
      this.url = URL.createObjectURL(item.file);
      make("img", "", { src: this.url, alt: "", onload: (/** @type {Event} */ { target }) => preview.replaceChildren(target) });
    }
    const about = make("div", "about", {}, make("b", "name", { title: name }, name), this.text);
    this.element = make("li", "", {}, preview, about, make("span", "actions", {}, this.retry, this.close), this.progress);
  }

  show() {
    const { item, strings } = this;
    const { state, loaded, file } = item;
    const action = item.isActive ? strings.cancel : strings.remove;
    this.state = state;
    this.element.setAttribute("part", `item ${state}`);
    this.text.textContent = stateIn(item, strings);
    this.retry.hidden = !item.canRetry;
    this.close.title = action;
    this.close.ariaLabel = `${action} ${file.name}`;
    this.progress.hidden = state !== "sending" || Boolean(item.wait);
    this.progress.value = loaded / (file.size || 1);
    if (loaded >= file.size) this.progress.removeAttribute("value");
  }

  remove() {
    URL.revokeObjectURL(this.url ?? "");
    this.element.remove();
  }
}

/**
 * @param {Item} item
 * @param {Strings} strings
 */
export function stateIn({ state, file, loaded, began, wait, error }, strings) {
  if (state === "waiting") return strings.waiting(file.size);
  if (state === "done") return strings.done(file.size);
  if (error) return error.name === "AbortError" ? strings.canceled : strings.problem(error);
  if (wait?.status === 429) return strings.limited(wait.until);
  if (wait && !navigator.onLine) return strings.offline;
  if (wait) return wait.status ? strings.busy : strings.interrupted;
  const seconds = (Date.now() - began) / 1000;
  return loaded < file.size ? strings.sending(loaded, file.size, seconds > 0.5 ? loaded / seconds : 0) : strings.processing;
}
