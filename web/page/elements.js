/** Shorthands for the document. */

export const byId = (id) => document.getElementById(id);

/** A copy of what a <template> of the page holds. */
export function fromTemplate(id) {
  return byId(id).content.firstElementChild.cloneNode(true);
}

/** Says it to screen readers, where nothing else on the page would. */
export function announce(text) {
  byId("announcer").textContent = text;
}

/**
 * Offers to undo something that has not happened yet: it does when the time is over, or the page is left.
 *
 * @param {string} text
 * @param {{undo: () => void, proceed: () => void, seconds?: number}} actions
 */
export function offerUndo(text, { undo, proceed, seconds = 6 }) {
  settle?.(false);
  const toast = byId("toast");
  toast.querySelector("span").textContent = text;
  toast.hidden = false;
  const timer = setTimeout(() => settle?.(false), seconds * 1000);
  settle = (undone) => {
    settle = null;
    clearTimeout(timer);
    toast.hidden = true;
    (undone ? undo : proceed)();
  };
  toast.querySelector("button").onclick = () => settle?.(true);
}

/** @type {((undone: boolean) => void) | null} ends the offer that is open */
let settle = null;

// Whoever deletes something and closes the tab wants it deleted.
addEventListener("pagehide", () => settle?.(false));
