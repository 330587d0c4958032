/** The session: a token, kept for this tab. */

import { AssetClient } from "/client/index.js";
import { byId } from "./elements.js";
import { problem } from "./words.js";

// In sessionStorage, which ends with the tab: until it expires, a token is as good as a password. Never in a URL: those are logged.
const KEY = "token";

/** Resolves with the client of the signed-in owner. */
export async function signedIn() {
  const token = sessionStorage.getItem(KEY) ?? (await localToken());
  const client = token && (await clientOf(token).catch(() => null));
  return renewing(client || (await askForToken()));
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
  return isToken ? answer.text() : null;
}

/** Resolves with a client; rejects if the API refuses the token. */
async function clientOf(token) {
  const client = new AssetClient(location.origin, token);
  await client.listAssets(1);
  sessionStorage.setItem(KEY, token);
  return client;
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
        resolve(await clientOf(form.token.value.trim()));
        dialog.close();
      } catch (error) {
        byId("sign-in-error").textContent = problem(error);
      }
    };
  });
}

/**
 * Wraps a client so that calls refused with a 401 wait for a new token and are repeated: nothing is lost.
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
  // Only methods are wrapped: a promise, for one, looks for a `then`.
  return new Proxy(client, { get: (_, name) => (typeof client[name] === "function" ? call(name) : undefined) });
}

/** @type {Promise<boolean> | null} one prompt shared by all waiting calls */
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
