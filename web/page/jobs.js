/** Generations in progress, and recently failed ones. */

import { announce, byId, fromTemplate, nameButtons } from "./elements.js";
import { elapsed, jobText, errorText } from "./format.js";

const IN_FLIGHT = ["pending", "processing"];
const DISMISSED = "dismissed-jobs";
const REMEMBERED = 20;

export class Jobs {
  /**
   * @param {import("/client/index.js").AssetClient} client
   * @param {(assetId: string) => void} onCompleted
   */
  constructor(client, onCompleted) {
    this.client = client;
    this.onCompleted = onCompleted;
  }

  /** Watches jobs in progress, and shows failed ones that were not dismissed. */
  resume(jobs) {
    const dismissed = dismissedJobs();
    for (const job of jobs.filter(({ kind = "generation" }) => kind === "generation").reverse()) {
      if (IN_FLIGHT.includes(job.status)) this.watch(job);
      else if (job.status === "failed" && !dismissed.includes(job.job_id)) this.row(job).showState(jobText(job), "failed");
    }
  }

  async open(asset) {
    const { GenerateDialog } = await import("./generating.js");
    this.generating ??= new GenerateDialog(this.client, (job) => this.watch(job));
    this.generating.open(asset);
  }

  async watch(job) {
    const row = this.row(job);
    const began = job.created_at ? Date.parse(`${job.created_at}Z`) : Date.now();
    let current = job;
    const show = () => row.showState(`${jobText(current)}, ${elapsed((Date.now() - began) / 1000)}`, "active");
    const ticking = setInterval(show, 1000);
    row.element.querySelector(".cancel").onclick = () => {
      clearInterval(ticking);
      row.showState("Canceling", "active");
      this.client.cancelJob(job.job_id).catch((error) => row.showState(errorText(error), "active"));
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
      const text = error.job ? jobText(error.job) : errorText(error);
      row.showState(text, "failed");
      announce(text);
    } finally {
      clearInterval(ticking);
    }
  }

  row(job) {
    const element = fromTemplate("row-template");
    const showState = (text, state) => {
      element.dataset.state = state;
      element.querySelector(".state").textContent = text;
      element.querySelector("progress").hidden = element.querySelector(".cancel").hidden = state !== "active";
      element.querySelector(".dismiss").hidden = state !== "failed";
    };
    element.querySelector(".name").textContent = job.prompt;
    element.querySelector("progress").removeAttribute("value");
    nameButtons(element, job.prompt);
    element.querySelector(".dismiss").onclick = () => {
      localStorage.setItem(DISMISSED, JSON.stringify([job.job_id, ...dismissedJobs()].slice(0, REMEMBERED)));
      this.dismiss(element);
    };
    byId("jobs").prepend(element);
    byId("jobs-section").hidden = false;
    return { element, showState };
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
