/** DOM helpers. */

export const byId = (id) => document.getElementById(id);

/** Clones the content of one of the page's templates. */
export function fromTemplate(id) {
  return byId(id).content.firstElementChild.cloneNode(true);
}

/** Announces text to screen readers. */
export function announce(text) {
  byId("announcer").textContent = text;
}

/**
 * Offers to undo an action, which happens only when the time is up or the page is left.
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

/** @type {((undone: boolean) => void) | null} settles the open offer */
let settle = null;

// Closing the tab confirms a pending deletion.
addEventListener("pagehide", () => settle?.(false));
