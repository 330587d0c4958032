/** Generation: the dialog that starts one, and the jobs in progress. */

import { announce, byId, fromTemplate } from "./elements.js";
import { jobState, problem } from "./words.js";

const IN_FLIGHT = ["pending", "processing"];
const RECENT = 20;

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
  }

  /** Resumes watching the jobs that were in progress when the page was left. */
  async resume() {
    const { jobs } = await this.client.listJobs({ limit: RECENT });
    for (const job of jobs.filter((each) => IN_FLIGHT.includes(each.status))) this.watch(job);
  }

  open(asset) {
    this.asset = asset;
    // One key per order, however often it is sent.
    this.idempotencyKey = crypto.randomUUID();
    this.dialog.querySelector(".error").textContent = "";
    this.dialog.showModal();
    byId("prompt").focus();
  }

  async order(event) {
    if (event.submitter?.value === "cancel") return;
    event.preventDefault();
    const make = this.dialog.querySelector(".primary");
    const prompt = byId("prompt").value;
    make.disabled = true;
    try {
      const { job_id: jobId, status } = await this.client.generate({
        prompt,
        modelId: byId("model").value,
        input: { [byId("image-input").value]: this.asset.url },
        idempotencyKey: this.idempotencyKey,
      });
      this.dialog.close();
      byId("prompt").value = "";
      this.watch({ job_id: jobId, status, prompt, error_message: null });
    } catch (error) {
      this.dialog.querySelector(".error").textContent = problem(error);
      this.idempotencyKey = crypto.randomUUID(); // the next order may differ
    } finally {
      make.disabled = false;
    }
  }

  async watch(job) {
    const row = fromTemplate("row-template");
    const say = (text, state) => {
      row.dataset.state = state;
      row.querySelector(".state").textContent = text;
      row.querySelector("progress").hidden = row.querySelector(".cancel").hidden = state !== "active";
      row.querySelector(".dismiss").hidden = state !== "failed";
    };
    row.querySelector(".name").textContent = job.prompt;
    row.querySelector("progress").removeAttribute("value");
    row.querySelector(".cancel").setAttribute("aria-label", `Cancel ${job.prompt}`);
    row.querySelector(".cancel").onclick = () => {
      say("Canceling", "active");
      this.client.cancelJob(job.job_id).catch((error) => say(problem(error), "active"));
    };
    row.querySelector(".dismiss").onclick = () => this.dismiss(row);
    say(jobState(job), "active");
    byId("jobs").prepend(row);
    byId("jobs-section").hidden = false;
    try {
      const onUpdate = (update) => say(jobState(update), "active");
      const done = await this.client.waitForJob(job.job_id, { onUpdate });
      this.dismiss(row);
      announce("The video is ready");
      this.onCompleted(done.asset_id);
    } catch (error) {
      const text = error.job ? jobState(error.job) : problem(error);
      say(text, "failed");
      announce(text);
    }
  }

  dismiss(row) {
    row.remove();
    byId("jobs-section").hidden = byId("jobs").childElementCount === 0;
  }
}
