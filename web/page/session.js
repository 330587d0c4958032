/** The session: a token, kept for this tab. */

import { AssetApiError, AssetClient } from "/client/index.js";
import { byId } from "./elements.js";
import { problem } from "./words.js";

// In sessionStorage, which ends with the tab: until it expires, a token is as good as a password. Never in a URL: those are logged.
const KEY = "token";

/**
 * Resolves with the client of the signed-in owner, which asks for another token when one has expired: nothing is lost.
 *
 * A token that was kept is not tried first: a page that is opened again shows its files a round trip earlier.
 */
export async function signedIn() {
  let token = sessionStorage.getItem(KEY) ?? (await localToken()) ?? (await askForToken());
  const next = async () => {
    if (!token) token = await askForToken({ again: true });
    if (!token) throw new AssetApiError(401, "The token has expired");
    const given = token;
    token = null; // the client asks again only once it was refused
    return given;
  };
  return new AssetClient(location.origin, next);
}

export function signOut() {
  sessionStorage.removeItem(KEY);
  // Skip the local token: after signing out, people expect to be asked.
  sessionStorage.setItem("asked", "yes");
  location.reload();
}

/** Fetches the token that `make run` offers to its own page; a deployment on AWS offers none. */
async function localToken() {
  if (sessionStorage.getItem("asked")) return null;
  const answer = await fetch("/local/token").catch(() => null);
  const isToken = answer?.ok && answer.headers.get("content-type")?.startsWith("text/plain");
  if (!isToken) return null;
  sessionStorage.setItem(KEY, await answer.text());
  return sessionStorage.getItem(KEY);
}

/** Resolves with the token; rejects if the API refuses it. */
async function accepted(token) {
  await new AssetClient(location.origin, token).listAssets(1);
  sessionStorage.setItem(KEY, token);
  return token;
}

/** Asks until the API accepts a token. Resolves with null if dismissed, which only `again` allows. */
function askForToken({ again = false } = {}) {
  const dialog = byId("sign-in");
  const form = dialog.querySelector("form");
  byId("sign-in-again").hidden = form.querySelector(".cancel").hidden = !again;
  form.token.value = byId("sign-in-error").textContent = "";
  if (again) dialog.showModal();
  else dialog.show();
  form.token.focus();
  return new Promise((resolve) => {
    form.querySelector(".cancel").onclick = () => dialog.close();
    dialog.onclose = () => resolve(null);
    form.onsubmit = async (event) => {
      event.preventDefault();
      byId("sign-in-error").textContent = "";
      try {
        resolve(await accepted(form.token.value.trim()));
        dialog.close();
      } catch (error) {
        byId("sign-in-error").textContent = problem(error);
      }
    };
  });
}
