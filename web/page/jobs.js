/** Generation: the dialog that starts one, the jobs in progress, and those that failed lately. */

import { randomKey } from "/client/uploads.js";
import { announce, byId, fromTemplate, nameButtons } from "./elements.js";
import { isVideo, placeholder, thumbnail } from "./pictures.js";
import { elapsed, jobState, problem } from "./words.js";

const IN_FLIGHT = ["pending", "processing"];
const RECENT = 20;
const DISMISSED = "dismissed-jobs";
/** The input that takes the image, by model. */
const IMAGE_INPUTS = {
  "minimax/video-01": "first_frame_image",
  "kwaivgi/kling-v2.1": "start_image",
  "google/veo-3": "image",
  "bytedance/seedance-1-pro": "image",
  "wan-video/wan-2.2-i2v-fast": "image",
};

export class Jobs {
  /**
   * @param {import("/client/index.js").AssetClient} client
   * @param {(assetId: string) => void} onCompleted
   */
  constructor(client, onCompleted) {
    this.client = client;
    this.onCompleted = onCompleted;
    this.dialog = byId("generate");
    this.dialog.querySelector("form").onsubmit = (event) => this.order(event);
    byId("models").append(...Object.keys(IMAGE_INPUTS).map((name) => new Option(name)));
    byId("model").onchange = ({ target }) => {
      const [name] = target.value.split(":");
      if (IMAGE_INPUTS[name]) byId("image-input").value = IMAGE_INPUTS[name];
    };
  }

  /** Resumes watching the jobs in progress, and shows those that failed and were not dismissed. */
  async resume() {
    const { jobs } = await this.client.listJobs({ limit: RECENT });
    const dismissed = dismissedJobs();
    for (const job of jobs.filter(({ kind = "generation" }) => kind === "generation").reverse()) {
      if (IN_FLIGHT.includes(job.status)) this.watch(job);
      else if (job.status === "failed" && !dismissed.includes(job.job_id)) this.row(job).say(jobState(job), "failed");
    }
  }

  open(asset) {
    this.asset = asset;
    // One key per order, however often it is sent.
    this.idempotencyKey = randomKey();
    this.dialog.querySelector(".error").textContent = "";
    const source = byId("source");
    source.replaceChildren(...[placeholder(asset), thumbnail(asset, () => source.replaceChildren())].filter(Boolean));
    this.dialog.showModal();
    byId("prompt").focus();
  }

  async order(event) {
    if (event.submitter?.value === "cancel") return;
    event.preventDefault();
    const make = this.dialog.querySelector(".primary");
    const prompt = byId("prompt").value;
    // A video goes on where it ends.
    const source = isVideo(this.asset) ? `asset:${this.asset.asset_id}#frame=last` : this.asset.url;
    make.disabled = true;
    try {
      const { job_id: jobId, status } = await this.client.generate({
        prompt,
        modelId: byId("model").value,
        input: { [byId("image-input").value]: source },
        idempotencyKey: this.idempotencyKey,
      });
      this.dialog.close();
      byId("prompt").value = "";
      this.watch({ job_id: jobId, status, prompt, error_message: null });
    } catch (error) {
      this.dialog.querySelector(".error").textContent = problem(error);
      this.idempotencyKey = randomKey(); // the next order may differ
    } finally {
      make.disabled = false;
    }
  }

  async watch(job) {
    const row = this.row(job);
    const began = job.created_at ? Date.parse(`${job.created_at}Z`) : Date.now();
    let current = job;
    const show = () => row.say(`${jobState(current)}, ${elapsed((Date.now() - began) / 1000)}`, "active");
    const ticking = setInterval(show, 1000);
    row.element.querySelector(".cancel").onclick = () => {
      clearInterval(ticking);
      row.say("Canceling", "active");
      this.client.cancelJob(job.job_id).catch((error) => row.say(problem(error), "active"));
    };
    show();
    try {
      const onUpdate = (update) => {
        current = update;
        show();
      };
      const done = await this.client.waitForJob(job.job_id, { onUpdate });
      this.dismiss(row.element);
      announce("The video is ready", { visibly: true });
      this.onCompleted(done.asset_id);
    } catch (error) {
      const text = error.job ? jobState(error.job) : problem(error);
      row.say(text, "failed");
      announce(text);
    } finally {
      clearInterval(ticking);
    }
  }

  row(job) {
    const element = fromTemplate("row-template");
    const say = (text, state) => {
      element.dataset.state = state;
      element.querySelector(".state").textContent = text;
      element.querySelector("progress").hidden = element.querySelector(".cancel").hidden = state !== "active";
      element.querySelector(".dismiss").hidden = state !== "failed";
    };
    element.querySelector(".name").textContent = job.prompt;
    element.querySelector("progress").removeAttribute("value");
    nameButtons(element, job.prompt);
    element.querySelector(".dismiss").onclick = () => {
      localStorage.setItem(DISMISSED, JSON.stringify([job.job_id, ...dismissedJobs()].slice(0, RECENT)));
      this.dismiss(element);
    };
    byId("jobs").prepend(element);
    byId("jobs-section").hidden = false;
    return { element, say };
  }

  dismiss(element) {
    element.remove();
    byId("jobs-section").hidden = byId("jobs").childElementCount === 0;
  }
}

/** @returns {string[]} ids of failed jobs that were dismissed on this device */
function dismissedJobs() {
  try {
    return JSON.parse(localStorage.getItem(DISMISSED) ?? "[]");
  } catch {
    return [];
  }
}
