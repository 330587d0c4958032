/** The selection of several files, and the bar of actions for all of them. */

import { byId } from "./elements.js";
import { copy } from "./menu.js";
import { isPrivate } from "./pictures.js";

export class Selection {
  constructor(list, { assetOf, link, onRemove, onTag }) {
    this.list = list;
    this.bar = byId("selection");
    this.assets = () => this.cards().map(assetOf);
    list.addEventListener("click", (event) => this.extend(event));
    list.addEventListener("change", () => this.update());
    const actions = {
      copy: () => copy(Promise.all(this.assets().map(link)).then((urls) => urls.join("\n")), "URLs copied", this.assets().some(isPrivate)),
      tag: () => onTag(this.assets()),
      delete: () => onRemove(this.assets()),
      clear: () => this.clear(),
    };
    for (const button of this.bar.querySelectorAll("button")) button.onclick = actions[button.dataset.action];
  }

  boxes() {
    return [...this.list.querySelectorAll(".pick input")];
  }

  cards() {
    return this.boxes().filter((box) => box.checked).map((box) => box.closest(".card"));
  }

  /** With Shift, selects everything since the last selected file. */
  extend({ target, shiftKey }) {
    if (!target.matches(".pick input")) return;
    const boxes = this.boxes();
    const [from, to] = [boxes.indexOf(this.last), boxes.indexOf(target)].sort((a, b) => a - b);
    if (shiftKey && from >= 0) for (const box of boxes.slice(from, to)) box.checked = target.checked;
    this.last = target;
  }

  clear() {
    for (const box of this.boxes()) box.checked = false;
    this.update();
  }

  update() {
    const count = this.cards().length;
    this.bar.hidden = count === 0;
    this.list.classList.toggle("choosing", count > 0);
    this.bar.querySelector("span").textContent = `${count} selected`;
  }
}
