/** DOM helpers. */

const NOTICE_SECONDS = 2.5;

export const byId = (id) => document.getElementById(id);

/** Clones the content of one of the page's templates. */
export function fromTemplate(id) {
  return byId(id).content.firstElementChild.cloneNode(true);
}

/** Gives the buttons of a row accessible names that distinguish it from other rows. */
export function nameButtons(row, name) {
  for (const button of row.querySelectorAll("button")) button.setAttribute("aria-label", `${button.textContent} ${name}`);
}

/** Announces text to screen readers, and to everyone if `visibly`. */
export function announce(text, { visibly = false } = {}) {
  byId("announcer").textContent = text;
  if (!visibly) return;
  const notice = byId("notice");
  notice.textContent = text;
  notice.hidden = false;
  clearTimeout(fading);
  fading = setTimeout(() => {
    notice.hidden = true;
  }, NOTICE_SECONDS * 1000);
}

let fading = 0;
