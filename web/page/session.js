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
  return renewing(client || (await askForToken()));
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

/** Resolves once a token was given that the API takes; null where it is closed instead, as only `again` lets one. */
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
        resolve(await clientOf(form.token.value.trim()));
        dialog.close();
      } catch (error) {
        byId("sign-in-error").textContent = problem(error);
      }
    };
  });
}

/**
 * The client, whose calls wait for a new token where theirs is not taken any more: nothing that was chosen is lost.
 *
 * @param {AssetClient} client
 * @returns {AssetClient}
 */
function renewing(client) {
  const call = (name) => async (...given) => {
    const used = sessionStorage.getItem(KEY);
    try {
      return await client[name](...given);
    } catch (error) {
      if (error.status !== 401) throw error;
      if (used === sessionStorage.getItem(KEY) && !(await renewed(client))) throw error;
      return client[name](...given);
    }
  };
  // What is no method, such as the `then` that a promise looks for, is not made one.
  return new Proxy(client, { get: (_, name) => (typeof client[name] === "function" ? call(name) : undefined) });
}

/** @type {Promise<boolean> | null} one question for all calls that need its answer */
let asking = null;

function renewed(client) {
  asking ??= askForToken({ again: true })
    .then((other) => {
      if (other) client.token = sessionStorage.getItem(KEY);
      return other !== null;
    })
    .finally(() => {
      asking = null;
    });
  return asking;
}
