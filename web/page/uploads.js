/** The upload queue: a few files at a time, with progress, cancel and retry. */

import { announce, byId, fromTemplate } from "./elements.js";
import { problem, progress, size, waiting } from "./words.js";

const AT_ONCE = 3;

/**
 * @param {import("/client/index.js").AssetClient} client
 * @param {(assetId: string) => void} onUploaded
 */
export function startUploads(client, onUploaded) {
  /** @type {(() => Promise<void>)[]} */
  const waiting = [];
  let running = 0;

  function next() {
    if (running >= AT_ONCE || waiting.length === 0) return;
    running += 1;
    waiting.shift()().finally(() => {
      running -= 1;
      next();
    });
  }

  function enqueue(row) {
    row.wait();
    waiting.push(() => row.send(client, onUploaded));
    next();
  }

  function add(files) {
    for (const file of files) {
      const row = new UploadRow(file, enqueue);
      byId("uploads").append(row.element);
      enqueue(row);
    }
  }

  takeFilesFrom(add);
  addEventListener("beforeunload", (event) => {
    if (running > 0) event.preventDefault(); // have the browser ask first: uploads in progress would be lost
  });
}

class UploadRow {
  constructor(file, retry) {
    this.file = file;
    // One key for all attempts: whatever response is lost, the file becomes one asset.
    this.idempotencyKey = crypto.randomUUID();
    this.element = fromTemplate("row-template");
    this.element.querySelector(".name").textContent = file.name;
    this.button("cancel").onclick = () => this.abort.abort();
    this.button("retry").onclick = () => retry(this);
    this.button("dismiss").onclick = () => this.element.remove();
    for (const name of ["cancel", "retry", "dismiss"]) {
      this.button(name).setAttribute("aria-label", `${this.button(name).textContent} ${file.name}`);
    }
  }

  button(name) {
    return this.element.querySelector(`.${name}`);
  }

  say(text, state) {
    this.element.dataset.state = state;
    this.element.querySelector(".state").textContent = text;
    this.button("cancel").hidden = state !== "active";
    this.button("retry").hidden = this.button("dismiss").hidden = state !== "failed";
    this.element.querySelector("progress").hidden = state !== "active";
  }

  wait() {
    this.abort = new AbortController();
    this.say(`Waiting, ${size(this.file.size)}`, "active");
  }

  async send(client, onUploaded) {
    const { signal } = this.abort;
    const began = performance.now();
    const onProgress = ({ loaded, total }) => {
      this.element.querySelector("progress").value = total ? loaded / total : 0;
      const text = loaded < total ? progress(loaded, total, (performance.now() - began) / 1000) : "Processing";
      this.say(text, "active");
    };
    try {
      signal.throwIfAborted();
      const { asset_id: assetId } = await client.upload(this.file, {
        signal,
        onProgress,
        onWait: (wait) => this.say(waiting(wait), "active"),
        idempotencyKey: this.idempotencyKey,
      });
      this.element.remove();
      announce(`${this.file.name} is uploaded`);
      onUploaded(assetId);
    } catch (error) {
      const text = signal.aborted ? "Canceled" : problem(error);
      this.say(text, "failed");
      announce(`${this.file.name}: ${text}`);
      if (error.status === 0) this.retryOnceOnline();
    }
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
