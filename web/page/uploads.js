/** The upload queue: a few files at a time, with progress of each and of all, cancel, and retry where it can help. */

import { checked } from "/client/files.js";
import { randomKey } from "/client/uploads.js";
import { announce, byId, fromTemplate, nameButtons } from "./elements.js";
import { overall, problem, progress, size, waiting } from "./words.js";

const AT_ONCE = 3;
// What a second attempt may change: no response, an expired token, too many requests, a failing service.
const mayHelp = (status) => !status || status === 401 || status === 429 || status >= 500;

/**
 * @param {import("/client/index.js").AssetClient} client
 * @param {(assetId: string) => void} onUploaded
 */
export function startUploads(client, onUploaded) {
  const queue = new Queue(client, onUploaded);
  takeFilesFrom((files) => queue.add(files));
  addEventListener("beforeunload", (event) => {
    if (queue.running > 0) event.preventDefault(); // have the browser ask first: uploads in progress would be lost
  });
}

class Queue {
  constructor(client, onUploaded) {
    this.client = client;
    this.onUploaded = onUploaded;
    this.running = this.done = this.total = this.nextAt = 0;
    /** @type {UploadRow[]} */
    this.waiting = [];
  }

  add(files) {
    for (const file of files) {
      const row = new UploadRow(file, (again) => this.enqueue(again));
      byId("uploads").append(row.element);
      if (row.refusal()) continue; // at once, not when its turn comes
      this.enqueue(row);
    }
  }

  enqueue(row) {
    row.wait();
    this.total += 1;
    this.waiting.push(row);
    this.next();
  }

  next() {
    this.show();
    if (this.running >= AT_ONCE || this.waiting.length === 0) return;
    this.running += 1;
    this.waiting.shift().send(this.client, this.onUploaded, (seconds) => this.paused(seconds)).finally(() => {
      this.running -= 1;
      this.done += 1;
      if (this.running + this.waiting.length === 0) this.done = this.total = this.nextAt = 0;
      this.next();
    });
    this.next();
  }

  /** Counts down until the next file is taken. */
  paused(seconds) {
    this.nextAt = Math.max(this.nextAt, Date.now() + seconds * 1000);
    clearInterval(this.counting);
    this.counting = setInterval(() => this.show(), 1000);
    this.show();
  }

  show() {
    const left = Math.ceil((this.nextAt - Date.now()) / 1000);
    if (left <= 0) clearInterval(this.counting);
    byId("uploads-overall").hidden = this.total < 2;
    byId("uploads-state").textContent = overall(this.done, this.total, left);
    byId("uploads-progress").value = this.total ? this.done / this.total : 0;
  }
}

class UploadRow {
  constructor(file, retry) {
    this.file = file;
    // One key for all attempts: whatever response is lost, the file becomes one asset.
    this.idempotencyKey = randomKey();
    this.element = fromTemplate("row-template");
    this.element.querySelector(".name").textContent = file.name;
    this.button("cancel").onclick = () => this.abort.abort();
    this.button("retry").onclick = () => retry(this);
    this.button("dismiss").onclick = () => this.element.remove();
    nameButtons(this.element, file.name);
  }

  button(name) {
    return this.element.querySelector(`.${name}`);
  }

  say(text, state, { canRetry = false } = {}) {
    this.element.dataset.state = state;
    this.element.querySelector(".state").textContent = text;
    this.button("cancel").hidden = state !== "active";
    this.button("dismiss").hidden = state !== "failed";
    this.button("retry").hidden = !canRetry;
    this.element.querySelector("progress").hidden = state !== "active";
  }

  /** Says why the service would refuse the file; false if it may take it. */
  refusal() {
    try {
      checked(this.file);
      return false;
    } catch (error) {
      this.fail(error);
      return true;
    }
  }

  wait() {
    this.abort = new AbortController();
    this.say(`Waiting, ${size(this.file.size)}`, "active");
  }

  async send(client, onUploaded, onPaused) {
    const { signal } = this.abort;
    const began = performance.now();
    const onProgress = ({ loaded, total }) => {
      this.element.querySelector("progress").value = total ? loaded / total : 0;
      const text = loaded < total ? progress(loaded, total, (performance.now() - began) / 1000) : "Processing";
      this.say(text, "active");
    };
    const onWait = (wait) => {
      this.say(waiting(wait), "active");
      if (wait.status === 429) onPaused(wait.seconds);
    };
    try {
      signal.throwIfAborted();
      const { asset_id: assetId } = await client.upload(this.file, { signal, onProgress, onWait, idempotencyKey: this.idempotencyKey });
      this.element.remove();
      announce(`${this.file.name} is uploaded`);
      onUploaded(assetId);
    } catch (error) {
      this.fail(signal.aborted ? new Error("Canceled") : error);
    }
  }

  fail(error) {
    const text = problem(error);
    this.say(text, "failed", { canRetry: mayHelp(error.status) });
    announce(`${this.file.name}: ${text}`);
    if (error.status === 0) this.retryOnceOnline();
  }

  /** Retries when the connection is back, unless someone was faster. */
  retryOnceOnline() {
    const goOn = () => {
      if (this.element.isConnected && this.element.dataset.state === "failed") this.button("retry").click();
    };
    addEventListener("online", goOn, { once: true });
  }
}

/** Accepts files from the file dialog, drag and drop, and the clipboard. */
function takeFilesFrom(add) {
  const input = byId("files");
  input.onchange = () => {
    add([...input.files]);
    input.value = ""; // so that the same file can be chosen again
  };
  const zone = byId("drop-zone");
  const holdsFiles = (event) => event.dataTransfer?.types.includes("Files");
  document.ondragover = (event) => {
    if (!holdsFiles(event)) return;
    event.preventDefault();
    zone.classList.add("over");
  };
  document.ondragleave = (event) => {
    if (!event.relatedTarget) zone.classList.remove("over");
  };
  document.ondrop = (event) => {
    if (!holdsFiles(event)) return;
    event.preventDefault();
    zone.classList.remove("over");
    add([...event.dataTransfer.files]);
  };
  document.onpaste = (event) => {
    const files = [...(event.clipboardData?.files ?? [])];
    if (files.length === 0) return;
    event.preventDefault();
    add(files);
  };
}
