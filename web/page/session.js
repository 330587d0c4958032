/** Who is signed in: a token, kept for this tab. */

import { AssetClient } from "/client/index.js";
import { byId } from "./elements.js";
import { problem } from "./words.js";

// Of the tab, and gone with it: a token is as good as a password until it expires. Never in a URL, which is logged.
const KEY = "token";

/** The client of whoever is signed in, as soon as somebody is. */
export async function signedIn() {
  const token = sessionStorage.getItem(KEY) ?? (await localToken());
  const client = token && (await clientOf(token).catch(() => null));
  return client || (await askForToken());
}

export function signOut() {
  sessionStorage.removeItem(KEY);
  // Without the local offer: who signs out wants to be asked.
  sessionStorage.setItem("asked", "yes");
  location.reload();
}

/** `make run` offers a token to its own page; a deployment on AWS has none to give. */
async function localToken() {
  if (sessionStorage.getItem("asked")) return null;
  const answer = await fetch("/local/token").catch(() => null);
  const isToken = answer?.ok && answer.headers.get("content-type")?.startsWith("text/plain");
  return isToken ? answer.text() : null;
}

/** Rejects where the API does not take the token. */
async function clientOf(token) {
  const client = new AssetClient(location.origin, token);
  await client.listAssets(1);
  sessionStorage.setItem(KEY, token);
  return client;
}

function askForToken() {
  const form = byId("sign-in");
  form.hidden = false;
  form.token.focus();
  return new Promise((resolve) => {
    form.onsubmit = async (event) => {
      event.preventDefault();
      byId("sign-in-error").textContent = "";
      try {
        const client = await clientOf(form.token.value.trim());
        form.hidden = true;
        resolve(client);
      } catch (error) {
        byId("sign-in-error").textContent = problem(error);
      }
    };
  });
}
