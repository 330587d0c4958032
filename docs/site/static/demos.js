/** Live demos of <asset-uploader>: they pretend to upload until they are connected to a deployment. */

import "./client/uploader.js";

const STEPS = 20;
const demos = [...document.querySelectorAll("asset-uploader.demo")];
const connection = document.getElementById("connection");
const [form, status] = [connection.querySelector("form"), connection.querySelector("[role=status]")];

/** Uploads nowhere, at the pace of a slow line. */
const pretend = {
  async upload(file, { onProgress, signal }) {
    for (let step = 0; step <= STEPS; step += 1) {
      onProgress({ loaded: (file.size * step) / STEPS, total: file.size });
      await new Promise((resolve) => setTimeout(resolve, 100));
      signal.throwIfAborted();
    }
    const id = crypto.randomUUID();
    return { success: true, url: `https://assets.example.com/api/v2/assets/${id}`, asset_id: id, filename: file.name, size_bytes: file.size };
  },
};

function use(client, words) {
  for (const demo of demos) demo.client = client;
  status.textContent = words;
}

form.onsubmit = async (event) => {
  event.preventDefault();
  const endpoint = form.endpoint.value.replace(/\/$/, "");
  status.textContent = "Connecting";
  try {
    const response = await fetch(`${endpoint}/api/v2/usage`, { headers: { Authorization: `Bearer ${form.token.value.trim()}` } });
    if (!response.ok) throw new Error((await response.json()).detail);
    for (const demo of demos) {
      demo.setAttribute("endpoint", endpoint);
      demo.setAttribute("token", form.token.value.trim());
    }
    use(undefined, `Connected: what you upload here is stored by ${endpoint}.`);
  } catch (error) {
    const words = error instanceof TypeError ? `No server answers at ${endpoint}. Start one with "make run", then connect again.` : `${error.message}.`;
    use(pretend, `${words} Until then, the demos only pretend to upload.`);
  }
};

const posted = document.getElementById("demo-form");
posted.onsubmit = (event) => event.preventDefault();
posted.addEventListener("change", () => {
  posted.querySelector("output").textContent = decodeURIComponent(new URLSearchParams(new FormData(posted)));
});

document.getElementById("demo-theme").strings = { choose: () => "Upload your best photo", orDrop: () => "" };
connection.hidden = false;
use(pretend, "The demos only pretend to upload. Connect them to a deployment of yours, such as that of make run, to store the files.");
