/** The gallery: the owner's files, newest first, loaded while scrolling. */

import { announce, byId, fromTemplate, offerUndo } from "./elements.js";
import { facts, problem } from "./words.js";

const PAGE = 24;
const COPIED_SECONDS = 2;

export class Gallery {
  /**
   * @param {import("/client/index.js").AssetClient} client
   * @param {(asset: object) => void} onAnimate called with the image to make a video of
   */
  constructor(client, onAnimate) {
    this.client = client;
    this.onAnimate = onAnimate;
    this.list = byId("gallery");
    this.state = byId("gallery-state");
    this.more = byId("more");
    this.more.onclick = () => this.loadMore();
    byId("file-type").onchange = () => this.reload();
    addEventListener("online", () => this.failed && this.loadMore());
    new IntersectionObserver(
      ([entry]) => {
        if (entry.isIntersecting) this.loadMore();
      },
      { rootMargin: "600px" },
    ).observe(this.more);
  }

  async reload() {
    this.fileType = byId("file-type").value || undefined;
    this.cursor = undefined;
    this.pages = (this.pages ?? 0) + 1;
    this.list.replaceChildren();
    this.more.hidden = true;
    this.loading = false;
    await this.loadMore();
  }

  async loadMore() {
    if (this.loading || this.cursor === null) return;
    this.loading = true;
    this.failed = false;
    const asked = this.pages;
    this.state.textContent = "Loading";
    try {
      const page = await this.client.listPage({ limit: PAGE, cursor: this.cursor, fileType: this.fileType });
      if (asked !== this.pages) return; // the filter has changed since
      for (const asset of page.assets) this.list.append(this.card(asset));
      this.cursor = page.next_cursor;
      this.more.hidden = this.cursor === null;
      this.more.textContent = "Show more";
      this.sayWhetherEmpty();
    } catch (error) {
      if (asked !== this.pages) return;
      this.failed = true;
      this.state.textContent = problem(error);
      this.more.textContent = "Try again";
      this.more.hidden = false;
    } finally {
      if (asked === this.pages) this.loading = false;
    }
  }

  /** Puts a new asset on top. */
  async add(assetId) {
    const asset = await this.client.get(assetId);
    const shown = !this.fileType || asset.file_type.startsWith(this.fileType);
    if (shown) this.list.prepend(this.card(asset));
    this.sayWhetherEmpty();
  }

  sayWhetherEmpty() {
    const isEmpty = this.list.childElementCount === 0 && this.cursor === null;
    this.state.textContent = isEmpty ? "Nothing here yet. Every file you upload gets a public URL." : "";
  }

  card(asset) {
    const card = fromTemplate("card-template");
    const isImage = asset.file_type.startsWith("image/");
    const preview = isImage ? image(asset) : video(asset);
    preview.onerror = () => this.explainMissingPreview(card, asset);
    card.querySelector(".preview").append(preview);
    card.querySelector(".name").textContent = card.querySelector(".name").title = asset.filename;
    card.querySelector(".facts").textContent = facts(asset);
    const [copy, download, animate, remove] = card.querySelectorAll(".actions > *");
    for (const action of [copy, download, animate, remove]) {
      action.setAttribute("aria-label", `${action.textContent}: ${asset.filename}`);
    }
    copy.onclick = () => copyUrl(copy, asset);
    download.href = asset.url;
    download.download = asset.filename;
    animate.hidden = !isImage;
    animate.onclick = () => this.onAnimate(asset);
    remove.onclick = () => this.remove(card, asset);
    return card;
  }

  /** Replaces a preview that failed to load: the browser cannot show the file, or it was deleted elsewhere. */
  async explainMissingPreview(card, asset) {
    const note = document.createElement("p");
    note.textContent = "No preview in this browser";
    card.querySelector(".preview").replaceChildren(note);
    const error = await this.client.get(asset.asset_id).then(() => null, (reason) => reason);
    if (error?.status !== 404) return;
    card.remove();
    announce(`${asset.filename} was deleted elsewhere`);
    this.sayWhetherEmpty();
  }

  remove(card, asset) {
    const place = card.nextElementSibling;
    const restore = () => {
      this.list.insertBefore(card, place?.parentElement === this.list ? place : null);
      this.sayWhetherEmpty();
    };
    card.remove();
    this.sayWhetherEmpty();
    offerUndo(`${asset.filename} is deleted`, {
      undo: () => {
        restore();
        card.querySelector(".delete").focus();
      },
      proceed: () =>
        this.client.delete(asset.asset_id, { keepalive: true }).catch((error) => {
          if (error.status === 404) return; // already deleted elsewhere
          restore();
          this.state.textContent = `${asset.filename} could not be deleted. ${problem(error)}`;
        }),
    });
  }
}

function image(asset) {
  const element = new Image(asset.width || undefined, asset.height || undefined);
  element.loading = "lazy";
  element.decoding = "async";
  element.alt = asset.filename;
  element.src = asset.url;
  return element;
}

function video(asset) {
  const element = document.createElement("video");
  element.controls = true;
  element.preload = "metadata";
  element.playsInline = true;
  element.setAttribute("aria-label", asset.filename);
  element.src = asset.url;
  return element;
}

async function copyUrl(button, asset) {
  try {
    await navigator.clipboard.writeText(asset.url);
    button.textContent = "Copied";
    announce("URL copied");
  } catch {
    prompt("Copy the URL:", asset.url); // the browser denies pages access to the clipboard
  }
  setTimeout(() => {
    button.textContent = "Copy URL";
  }, COPIED_SECONDS * 1000);
}
