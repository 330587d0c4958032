/** The menu of actions for one asset: a popover shared by all cards. */

import { announce, byId } from "./elements.js";
import { isPrivate, isVideo } from "./pictures.js";
import { errorText } from "./format.js";

const MARGIN = 8;

export class Menu {
  /** `actions` are the gallery's, each for one asset: `link`, `animate`, `rename`, `tag`, `visibility` and `remove`. */
  constructor(actions) {
    this.actions = actions;
    this.element = byId("menu");
    this.items = [...this.element.children];
    for (const item of this.items) {
      item.role = "menuitem";
      item.tabIndex = -1;
    }
    this.element.onclick = (event) => this.choose(event, event.target.closest("[data-action]")?.dataset.action);
    this.element.onkeydown = (event) => this.move(event);
    this.element.ontoggle = (event) => {
      this.opener?.setAttribute("aria-expanded", event.newState === "open");
    };
  }

  open(asset, opener) {
    this.asset = asset;
    this.opener = opener;
    const download = this.element.querySelector("a");
    download.href = asset.url;
    download.download = asset.filename;
    this.element.querySelector("[data-action=animate]").textContent = isVideo(asset) ? "Continue as a new video" : "Make a video";
    this.element.querySelector("[data-action=visibility]").textContent = isPrivate(asset) ? "Make public" : "Make private";
    this.element.setAttribute("aria-label", `Actions: ${asset.filename}`);
    // Elements outside an open dialog are inert.
    (opener.closest("dialog") ?? document.body).append(this.element);
    this.element.showPopover();
    this.place(opener.getBoundingClientRect());
    this.items[0].focus();
  }

  /** Places the menu below the button, or above it if there is no room. */
  place(button) {
    const { width, height } = this.element.getBoundingClientRect();
    const top = button.bottom + height + MARGIN > innerHeight ? button.top - height : button.bottom;
    this.element.style.top = `${Math.max(MARGIN, top)}px`;
    this.element.style.left = `${Math.max(MARGIN, Math.min(button.right - width, innerWidth - width - MARGIN))}px`;
  }

  move(event) {
    const at = this.items.indexOf(document.activeElement);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: -1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    this.items.at(to % this.items.length).focus();
  }

  choose(event, action) {
    if (!action) return;
    const { asset } = this;
    this.element.hidePopover();
    this.opener.focus();
    if (COPIES[action]) copy(this.withUrl(asset).then(COPIES[action]), `${event.target.textContent.replace("Copy ", "")} copied`, isPrivate(asset));
    else if (action === "download" && isPrivate(asset)) {
      event.preventDefault();
      this.withUrl(asset).then(({ url, filename }) => Object.assign(document.createElement("a"), { href: url, download: filename }).click(), report);
    } else this.actions[action]?.(asset);
  }

  /** Resolves with the asset and a working URL, signed for an hour if it is private. */
  async withUrl(asset) {
    return { ...asset, url: await this.actions.link(asset) };
  }
}

const COPIES = { url: ({ url }) => url, markdown, html };

/** Copies text that may be a promise. */
export async function copy(promised, done, isSigned) {
  const text = await Promise.resolve(promised).catch(report);
  if (!text) return;
  try {
    await navigator.clipboard.writeText(text);
    announce(isSigned ? `${done}. It works for an hour` : done, { visibly: true });
  } catch {
    prompt("Copy this:", text); // the browser denies access to the clipboard
  }
}

const report = (error) => announce(errorText(error), { visibly: true });

function markdown(asset) {
  return `${isVideo(asset) ? "" : "!"}[${asset.filename.replace(/[[\]\\]/g, "\\$&")}](${asset.url})`;
}

function html(asset) {
  const element = document.createElement(isVideo(asset) ? "video" : "img");
  element.setAttribute("src", asset.url);
  if (isVideo(asset)) element.setAttribute("controls", "");
  else element.setAttribute("alt", asset.filename);
  return element.outerHTML;
}
