/** The gallery: the owner's files, loaded while scrolling, and their actions. */

import { cardOf } from "./card.js";
import { Deletions } from "./deletions.js";
import { announce, byId } from "./elements.js";
import { Filters } from "./filters.js";
import { Menu } from "./menu.js";
import { isPrivate } from "./pictures.js";
import { Selection } from "./selection.js";
import { MAX_SORTED, pagesOf } from "./sorting.js";
import { errorText } from "./format.js";

const FIRST_SCREEN = 6; // cards on a phone

export class Gallery {
  /**
   * @param {import("/client/index.js").AssetClient} client
   * @param {{onAnimate, onChanged}} callbacks `onAnimate(asset)` makes a video of it
   */
  constructor(client, { onAnimate, onChanged }) {
    this.client = client;
    this.onChanged = onChanged;
    /** @type {WeakMap<Element, object>} */
    this.assets = new WeakMap();
    this.list = byId("gallery");
    this.state = byId("gallery-state");
    this.more = byId("more");
    this.filters = new Filters(() => this.reload());
    const link = (asset) => this.link(asset);
    const onMenu = (asset, opener) => this.menu.open(asset, opener);
    this.lightboxOptions = { link, neighbor: (asset, step) => this.neighbor(asset, step), onMenu, onTag: (tag) => this.filters.setTag(tag) };
    this.menu = new Menu({
      link,
      animate: onAnimate,
      rename: (asset) => this.rename(asset),
      tag: (asset) => this.tag([asset]),
      visibility: (asset) => this.toggleVisibility(asset),
      remove: (asset) => this.remove([asset]),
    });
    this.selection = new Selection(this.list, {
      assetOf: (card) => this.assets.get(card),
      link,
      onRemove: (assets) => this.remove(assets),
      onTag: (assets) => this.tag(assets),
    });
    this.deletions = new Deletions(client, {
      onDone: onChanged,
      onFailed: (error, names) => {
        this.state.textContent = `${names} could not be deleted. ${errorText(error)}`;
      },
    });
    this.cardOptions = {
      onOpen: (asset) => this.open(asset),
      onMenu,
      onFailed: (card, asset) => this.removeIfGone(card, asset),
    };
    this.loadWhileScrolling();
  }

  async open(asset) {
    const { Lightbox } = await import("./lightbox.js");
    this.lightbox ??= new Lightbox(this.lightboxOptions);
    this.lightbox.open(asset);
  }

  /** Resolves with a URL of the file, signed if it is private. */
  async link(asset) {
    return isPrivate(asset) ? this.client.signedUrl(asset.asset_id) : asset.url;
  }

  loadWhileScrolling() {
    this.more.onclick = () => this.loadMore();
    addEventListener("online", () => this.failed && this.loadMore());
    new IntersectionObserver(
      ([entry]) => {
        if (entry.isIntersecting) this.loadMore();
      },
      { rootMargin: "600px" },
    ).observe(this.more);
  }

  async reload() {
    this.isComplete = false;
    this.pages = pagesOf(this.client, this.filters.order, this.filters.current);
    this.list.replaceChildren();
    this.selection.update();
    this.more.hidden = true;
    this.loading = false;
    await this.loadMore();
  }

  async loadMore() {
    if (this.loading || this.isComplete) return;
    this.loading = true;
    this.failed = false;
    const nextPage = this.pages;
    this.state.textContent = "Loading";
    try {
      const { assets, isLast, isPartial } = await nextPage();
      if (nextPage !== this.pages) return; // a filter has changed since
      for (const asset of assets) this.list.append(this.card(asset));
      this.isComplete = this.more.hidden = isLast;
      this.more.textContent = "Show more";
      this.showEmptyState();
      if (isPartial) this.state.textContent = `Only the newest ${MAX_SORTED} files are sorted. Search or filter to see others.`;
    } catch (error) {
      if (nextPage !== this.pages) return;
      this.failed = true;
      this.state.textContent = errorText(error);
      this.more.textContent = "Try again";
      this.more.hidden = false;
    } finally {
      if (nextPage === this.pages) this.loading = false;
    }
  }

  /** Puts a new asset on top. */
  async add(assetId) {
    this.onChanged();
    if (this.filters.isActive || this.filters.order) {
      await this.reload(); // it may belong elsewhere in this order, or be filtered out
      return;
    }
    this.list.prepend(this.card(await this.client.get(assetId)));
    this.showEmptyState();
  }

  card(asset) {
    const card = cardOf(asset, this.cardOptions, this.list.childElementCount < FIRST_SCREEN);
    this.assets.set(card, asset);
    return card;
  }

  cardOf(asset) {
    return [...this.list.children].find((card) => this.assets.get(card).asset_id === asset.asset_id);
  }

  neighbor(asset, step) {
    const card = this.cardOf(asset);
    const other = step > 0 ? card?.nextElementSibling : card?.previousElementSibling;
    if (step > 0 && !other?.nextElementSibling) this.loadMore();
    return other ? this.assets.get(other) : null;
  }

  showEmptyState() {
    const isEmpty = this.list.childElementCount === 0 && this.isComplete;
    const text = this.filters.isActive ? "No files match. Try another name, type or tag." : "Nothing here yet. Every file you upload gets a public URL.";
    this.state.textContent = isEmpty ? text : "";
  }

  /** Removes a card whose file cannot be shown because it was deleted elsewhere. */
  async removeIfGone(card, asset) {
    const error = await this.client.get(asset.asset_id).then(() => null, (reason) => reason);
    if (error?.status !== 404) return;
    card.remove();
    this.lightbox?.close(asset);
    announce(`${asset.filename} was deleted elsewhere`);
    this.showEmptyState();
  }

  async rename(asset) {
    const { editName } = await import("./editing.js");
    editName(asset, async (filename) => this.replace(await this.client.update(asset.asset_id, { filename })));
  }

  /** Makes a public file private, and a private one public. */
  async toggleVisibility(asset) {
    const visibility = isPrivate(asset) ? "public" : "private";
    try {
      this.replace(await this.client.update(asset.asset_id, { visibility }));
      announce(`${asset.filename} is ${visibility}`, { visibly: true });
    } catch (error) {
      announce(errorText(error), { visibly: true });
    }
  }

  async tag(assets) {
    const { editTags } = await import("./editing.js");
    const isOne = assets.length === 1;
    const title = isOne ? `Tags of ${assets[0].filename}` : `Add tags to ${assets.length} files`;
    editTags(title, isOne ? (assets[0].tags ?? []) : [], async (given) => {
      for (const asset of assets) {
        const tags = isOne ? given : [...new Set([...(asset.tags ?? []), ...given])];
        this.replace(await this.client.update(asset.asset_id, { tags }));
      }
      this.selection.clear();
    });
  }

  replace(asset) {
    this.cardOf(asset)?.replaceWith(this.card(asset));
    if (this.lightbox?.dialog.open) this.lightbox.show(asset);
  }

  remove(assets) {
    const cards = assets.map((asset) => this.cardOf(asset)).filter(Boolean);
    const focus = cards.at(-1)?.nextElementSibling ?? cards[0]?.previousElementSibling;
    this.deletions.add(cards.map((card) => this.detach(card)));
    this.selection.update();
    this.showEmptyState();
    focus?.querySelector(".open").focus();
  }

  /** Removes a card from the gallery, to be deleted or restored. */
  detach(card) {
    const asset = this.assets.get(card);
    const place = card.nextElementSibling;
    this.lightbox?.close(asset);
    card.querySelector(".pick input").checked = false;
    card.remove();
    const restore = () => {
      this.list.insertBefore(card, place?.parentElement === this.list ? place : null);
      this.showEmptyState();
      card.querySelector(".open").focus();
    };
    return { asset, restore };
  }
}
