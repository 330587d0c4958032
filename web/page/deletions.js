/** Deletions that can be undone for a few seconds. They are sent together, at the latest when the user leaves the page. */

import { announce, byId } from "./elements.js";

const SECONDS = 6;

export class Deletions {
  /**
   * @param {import("/client/index.js").AssetClient} client
   * @param {{onDone, onFailed}} callbacks `onFailed(error, names)`
   */
  constructor(client, { onDone, onFailed }) {
    this.client = client;
    this.onDone = onDone;
    this.onFailed = onFailed;
    this.waiting = [];
    this.toast = byId("undo");
    this.toast.querySelector("button").onclick = () => this.undo();
    // Only keyboard focus stops the timer: a pointer may merely rest where the toast appears.
    this.toast.addEventListener("focusin", () => clearTimeout(this.timer));
    this.toast.addEventListener("focusout", () => this.waiting.length && this.restart());
    addEventListener("pagehide", () => this.proceed());
    addEventListener("keydown", (event) => {
      if (event.key !== "z" || !(event.ctrlKey || event.metaKey) || event.target.matches("input, textarea") || !this.waiting.length) return;
      event.preventDefault();
      this.undo();
    });
  }

  /** Queues deletions, each `{asset, restore}`, and restarts the timer. */
  add(deletions) {
    this.waiting.push(...deletions);
    const text = this.waiting.length === 1 ? `${this.waiting[0].asset.filename} is deleted` : `${this.waiting.length} files are deleted`;
    this.toast.querySelector("span").textContent = text;
    this.toast.hidden = false;
    announce(`${text}. Undo with Control Z`);
    this.restart();
  }

  restart() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.proceed(), SECONDS * 1000);
  }

  undo() {
    // The last one first, because each card returns to its place before the card that followed it.
    this.takeWaiting().reverse().forEach(({ restore }) => restore());
  }

  async proceed() {
    const batch = this.takeWaiting();
    if (batch.length === 0) return;
    try {
      if (batch.length === 1) await this.client.delete(batch[0].asset.asset_id, { keepalive: true });
      else await this.client.deleteMany(batch.map(({ asset }) => asset.asset_id), { keepalive: true });
      this.onDone();
    } catch (error) {
      if (error.status === 404) return; // already deleted elsewhere
      batch.reverse().forEach(({ restore }) => restore());
      this.onFailed(error, batch.length === 1 ? batch[0].asset.filename : `${batch.length} files`);
    }
  }

  takeWaiting() {
    clearTimeout(this.timer);
    this.toast.hidden = true;
    return this.waiting.splice(0);
  }
}
