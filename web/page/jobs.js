/** Generation: the dialog that starts one, the jobs in progress, and those that failed lately. */

import { randomKey } from "/client/uploads.js";
import { announce, byId, fromTemplate, nameButtons } from "./elements.js";
import { isVideo, placeholder, thumbnail } from "./pictures.js";
import { elapsed, jobState, problem } from "./words.js";

const IN_FLIGHT = ["pending", "processing"];
const RECENT = 20;
const DISMISSED = "dismissed-jobs";
/** Each model's input for the image, and its choices, the default first. */
const MODELS = {
  "minimax/video-01": { image: "first_frame_image" },
  "kwaivgi/kling-v2.1": { image: "start_image", duration: [5, 10], mode: ["standard", "pro"] },
  "google/veo-3-fast": { image: "image", resolution: ["720p", "1080p"], generate_audio: [true, false] },
  "bytedance/seedance-1-pro": { image: "image", duration: [5, 10], resolution: ["1080p", "480p"], camera_fixed: [false, true] },
  "wan-video/wan-2.2-i2v-fast": { image: "image", resolution: ["480p", "720p"] },
};
/** Values as people say them. */
const SAID = { true: "yes", false: "no" };

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
    byId("models").append(...Object.keys(MODELS).map((name) => new Option(name)));
    byId("model").onchange = () => this.offerChoices();
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

  /** Shows the choices of a known model; of any other, asks for the input that takes the image. */
  offerChoices() {
    const { image, ...choices } = MODELS[byId("model").value.split(":")[0]] ?? {};
    byId("image-input").value = image ?? byId("image-input").value;
    byId("image-input").parentElement.hidden = Boolean(image);
    const fields = Object.entries(choices).map(([name, values]) => {
      const label = document.createElement("label");
      const select = document.createElement("select");
      select.name = name;
      select.append(...values.map((value) => new Option(SAID[value] ?? value, JSON.stringify(value))));
      label.append(name.replace("_", " "), select);
      return label;
    });
    byId("choices").replaceChildren(...fields);
  }

  /** The choices made, as the model's inputs. */
  get choices() {
    return Object.fromEntries([...byId("choices").querySelectorAll("select")].map(({ name, value }) => [name, JSON.parse(value)]));
  }

  async order(event) {
    if (event.submitter?.value === "cancel") return;
    event.preventDefault();
    const make = this.dialog.querySelector(".primary");
    const prompt = byId("prompt").value;
    // A video goes on where it ends.
    const source = `asset:${this.asset.asset_id}${isVideo(this.asset) ? "#frame=last" : ""}`;
    make.disabled = true;
    try {
      const { job_id: jobId, status } = await this.client.generate({
        prompt,
        modelId: byId("model").value,
        input: { ...this.choices, [byId("image-input").value]: source },
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
