/** The gallery's filters (part of the name, type and tag) and its order. */

import { byId } from "./elements.js";

const TYPING_PAUSE_MS = 250;

export class Filters {
  /** @param {() => void} onChange */
  constructor(onChange) {
    this.onChange = onChange;
    this.search = byId("search");
    this.kind = byId("file-type");
    this.tag = byId("tag-filter");
    this.search.oninput = () => {
      clearTimeout(this.typing);
      this.typing = setTimeout(onChange, TYPING_PAUSE_MS);
    };
    this.sort = byId("order");
    this.kind.onchange = this.sort.onchange = onChange;
    this.tag.onclick = () => this.setTag("");
  }

  setTag(tag) {
    this.tag.value = tag;
    this.tag.textContent = `${tag} ×`;
    this.tag.setAttribute("aria-label", `Show all tags, not only ${tag}`);
    this.tag.hidden = !tag;
    this.onChange();
  }

  /** The filters as options of a list. */
  get current() {
    return {
      q: this.search.value.trim() || undefined,
      fileType: this.kind.value || undefined,
      tag: this.tag.value || undefined,
    };
  }

  /** The order; empty for newest first. */
  get order() {
    return this.sort.value;
  }

  get isActive() {
    return Object.values(this.current).some(Boolean);
  }
}
