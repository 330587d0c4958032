/** The session: a token, stored for this tab. */

import { AssetApiError, AssetClient } from "/client/index.js";
import { byId } from "./elements.js";
import { errorText } from "./format.js";

// In sessionStorage, which is cleared with the tab, because a token is as good as a password. Never in a URL, because those are logged.
const KEY = "token";

/**
 * Resolves with the signed-in owner's client, which asks for another token when one has expired.
 *
 * A stored token is used without a check, which saves a round trip when the page is reopened.
 */
export async function signIn() {
  let token = sessionStorage.getItem(KEY) ?? (await fetchLocalToken()) ?? (await askForToken());
  // Once dismissed, the dialog stays closed until the user acts: background requests, such as polls, do not reopen it.
  let isDismissed = false;
  for (const act of ["click", "keydown", "drop"]) addEventListener(act, () => (isDismissed = false), true);
  const nextToken = async () => {
    if (!token && !isDismissed) token = await askForToken({ again: true });
    isDismissed = !token;
    if (!token) throw new AssetApiError(401, "The token has expired");
    const given = token;
    token = null; // the client asks again only after a refusal
    return given;
  };
  return new AssetClient(location.origin, nextToken);
}

export function signOut() {
  sessionStorage.removeItem(KEY);
  // After signing out, people expect to be asked, so skip the local token.
  sessionStorage.setItem("asked", "yes");
  location.reload();
}

/** Fetches the token that `make run` offers to its own page; a deployment on AWS offers none. */
async function fetchLocalToken() {
  if (sessionStorage.getItem("asked")) return null;
  const response = await fetch("/local/token").catch(() => null);
  const isToken = response?.ok && response.headers.get("content-type")?.startsWith("text/plain");
  if (!isToken) return null;
  sessionStorage.setItem(KEY, await response.text());
  return sessionStorage.getItem(KEY);
}

/** Resolves with the token; rejects if the API refuses it. */
async function verify(token) {
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
        resolve(await verify(form.token.value.trim()));
        dialog.close();
      } catch (error) {
        byId("sign-in-error").textContent = errorText(error);
      }
    };
  });
}
