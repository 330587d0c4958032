/** One file of the gallery. */

import { fromTemplate } from "./elements.js";
import { isPrivate, isVideo, placeholder, thumbnail } from "./pictures.js";
import { duration, facts, shortFacts } from "./format.js";

export function cardOf(asset, { onOpen, onMenu, onFailed }, isFirst) {
  const card = fromTemplate("card-template");
  const preview = card.querySelector(".preview");
  const failed = () => {
    const note = document.createElement("span");
    note.textContent = "No preview in this browser";
    preview.replaceChildren(note);
    onFailed(card, asset);
  };
  const picture = thumbnail(asset, failed, isFirst); // requested before the placeholder is computed
  preview.append(...[placeholder(asset), picture].filter(Boolean));
  preview.querySelector("img")?.addEventListener("load", () => preview.querySelector("canvas")?.remove());
  const badge = card.querySelector(".badge");
  badge.textContent = [isPrivate(asset) && "Private", isVideo(asset) && `▶ ${duration(asset.duration_seconds)}`].filter(Boolean).join(" · ");
  badge.hidden = !badge.textContent;
  card.querySelector(".name").textContent = card.querySelector(".name").title = asset.filename;
  card.querySelector(".facts").textContent = shortFacts(asset);
  card.querySelector(".facts").title = facts(asset);
  const open = card.querySelector(".open");
  open.setAttribute("aria-label", `Open ${asset.filename}`);
  open.onclick = () => onOpen(asset);
  const menu = card.querySelector(".menu");
  menu.setAttribute("aria-label", `Actions: ${asset.filename}`);
  menu.onclick = () => onMenu(asset, menu);
  card.querySelector(".pick input").setAttribute("aria-label", `Select ${asset.filename}`);
  return card;
}
