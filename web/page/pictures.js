/** Pictures of assets: small renditions over a thumbhash in the gallery, the file itself in the lightbox. */

import { paint } from "./thumbhash.js";

const WIDTHS = [320, 640];
// A little less than a card's width, so that phones with two pixels per CSS pixel load the smaller rendition.
const CARD_WIDTH = "(max-width: 40rem) 40vw, 16rem";

export const isPrivate = (asset) => asset.visibility === "private";

export const isVideo = (asset) => asset.file_type.startsWith("video/");

/** Builds a card's picture: a rendition if there is one, otherwise the file itself. Those on the first screen load eagerly. */
export function thumbnail(asset, onFailed, isFirst) {
  const { url, thumbnail_url: small } = asset;
  if (isVideo(asset) && !small) return player(asset, { controls: false, onFailed });
  const element = imageOf(asset, onFailed);
  if (isFirst) element.fetchPriority = "high";
  else element.loading = "lazy";
  // A signed URL is for one rendition only.
  if (small?.startsWith(url) && !small.includes("?")) {
    element.sizes = CARD_WIDTH;
    element.srcset = WIDTHS.map((width) => `${small.replace(/w\d+/, `w${width}`)} ${width}w`).join(", ");
  } else element.src = small ?? url;
  return element;
}

/** Builds the placeholder that shows while the picture loads; null without a thumbhash. */
export const placeholder = ({ thumbhash }) => (thumbhash ? paint(thumbhash) : null);

/** Builds an element with the file itself, at full size. */
export function original(asset, onFailed) {
  if (isVideo(asset)) return player(asset, { controls: true, onFailed });
  const element = imageOf(asset, onFailed);
  element.src = asset.url;
  return element;
}

function imageOf(asset, onFailed) {
  const element = new Image(asset.width || undefined, asset.height || undefined);
  element.decoding = "async";
  element.alt = asset.filename;
  element.onerror = onFailed;
  return element;
}

function player(asset, { controls, onFailed }) {
  const element = document.createElement("video");
  element.controls = controls;
  element.preload = "metadata";
  element.playsInline = true;
  element.setAttribute("aria-label", asset.filename);
  element.onerror = onFailed;
  element.src = asset.url;
  return element;
}
