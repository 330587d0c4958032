/** The lightbox: one file at full size with its details; the arrow keys show the next or previous one. */

import { byId } from "./elements.js";
import { original } from "./pictures.js";
import { facts } from "./format.js";

export class Lightbox {
  /** The gallery has `link(asset)`, `neighbor(asset, step)`, `onMenu(asset, opener)` and `onTag(tag)`. */
  constructor(gallery) {
    this.gallery = gallery;
    this.dialog = byId("lightbox");
    this.stage = this.dialog.querySelector(".stage");
    this.previous = this.dialog.querySelector(".previous");
    this.next = this.dialog.querySelector(".next");
    this.previous.onclick = () => this.step(-1);
    this.next.onclick = () => this.step(1);
    this.dialog.querySelector(".menu").onclick = ({ currentTarget }) => this.gallery.onMenu(this.asset, currentTarget);
    this.dialog.querySelector(".close").onclick = () => this.dialog.close();
    this.dialog.onclick = (event) => event.target === this.stage && this.dialog.close();
    this.dialog.onclose = () => this.stage.replaceChildren(); // a video stops
    this.dialog.onkeydown = (event) => {
      if (event.target.matches("video, [role=menuitem]")) return; // its own keys
      if (event.key === "ArrowLeft") this.step(-1);
      if (event.key === "ArrowRight") this.step(1);
    };
  }

  open(asset) {
    this.show(asset);
    if (!this.dialog.open) this.dialog.showModal();
  }

  step(by) {
    const other = this.gallery.neighbor(this.asset, by);
    if (other) this.show(other);
  }

  close(asset) {
    if (this.dialog.open && this.asset.asset_id === asset.asset_id) this.dialog.close();
  }

  show(asset) {
    this.asset = asset;
    const failed = () => {
      const note = document.createElement("p");
      note.textContent = "This browser cannot show the file. Download it instead.";
      this.stage.replaceChildren(note);
    };
    this.stage.replaceChildren();
    this.gallery.link(asset).then((url) => this.asset === asset && this.stage.replaceChildren(original({ ...asset, url }, failed)), failed);
    byId("lightbox-name").textContent = asset.filename;
    this.dialog.querySelector(".facts").textContent = facts(asset);
    this.dialog.querySelector(".tags").replaceChildren(...(asset.tags ?? []).map((tag) => this.tagButton(tag)));
    this.previous.disabled = !this.gallery.neighbor(asset, -1);
    this.next.disabled = !this.gallery.neighbor(asset, 1);
  }

  tagButton(tag) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "tag";
    button.textContent = tag;
    button.onclick = () => {
      this.dialog.close();
      this.gallery.onTag(tag);
    };
    return button;
  }
}
