/** The dialog that starts a generation. */

import { randomKey } from "/client/uploads.js";
import { byId } from "./elements.js";
import { isVideo, placeholder, thumbnail } from "./pictures.js";
import { errorText } from "./format.js";

/** Each model's input for the image, and its options, with the default first. */
const MODELS = {
  "minimax/video-01": { image: "first_frame_image" },
  "kwaivgi/kling-v2.1": { image: "start_image", duration: [5, 10], mode: ["standard", "pro"] },
  "google/veo-3-fast": { image: "image", resolution: ["720p", "1080p"], generate_audio: [true, false] },
  "bytedance/seedance-1-pro": { image: "image", duration: [5, 10], resolution: ["1080p", "480p"], camera_fixed: [false, true] },
  "wan-video/wan-2.2-i2v-fast": { image: "image", resolution: ["480p", "720p"] },
};
/** Labels of option values. */
const LABELS = { true: "yes", false: "no" };

export class GenerateDialog {
  /**
   * @param {import("/client/index.js").AssetClient} client
   * @param {(job: object) => void} onStarted
   */
  constructor(client, onStarted) {
    this.client = client;
    this.onStarted = onStarted;
    this.dialog = byId("generate");
    this.dialog.querySelector("form").onsubmit = (event) => this.submit(event);
    byId("models").append(...Object.keys(MODELS).map((name) => new Option(name)));
    byId("model").oninput = () => this.showOptions();
  }

  open(asset) {
    this.asset = asset;
    // One key per generation, however often the form is sent.
    this.idempotencyKey = randomKey();
    this.dialog.querySelector(".error").textContent = "";
    const source = byId("source");
    source.replaceChildren(...[placeholder(asset), thumbnail(asset, () => source.replaceChildren())].filter(Boolean));
    this.dialog.showModal();
    byId("prompt").focus();
  }

  /** Shows a known model's options; for any other model, asks for the name of the image input. */
  showOptions() {
    const { image, ...choices } = MODELS[byId("model").value.split(":")[0]] ?? {};
    byId("image-input").value = image ?? byId("image-input").value;
    byId("image-input").parentElement.hidden = Boolean(image);
    const fields = Object.entries(choices).map(([name, values]) => {
      const label = document.createElement("label");
      const select = document.createElement("select");
      select.name = name;
      select.append(...values.map((value) => new Option(LABELS[value] ?? value, JSON.stringify(value))));
      label.append(name.replace("_", " "), select);
      return label;
    });
    byId("choices").replaceChildren(...fields);
  }

  /** The chosen options, as the model's inputs. */
  get choices() {
    return Object.fromEntries([...byId("choices").querySelectorAll("select")].map(({ name, value }) => [name, JSON.parse(value)]));
  }

  async submit(event) {
    if (event.submitter?.value === "cancel") return;
    event.preventDefault();
    const make = this.dialog.querySelector(".primary");
    const prompt = byId("prompt").value;
    // A video is continued from its last frame.
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
      this.onStarted({ job_id: jobId, status, prompt, error_message: null });
    } catch (error) {
      this.dialog.querySelector(".error").textContent = errorText(error);
      this.idempotencyKey = randomKey(); // the next generation may differ
    } finally {
      make.disabled = false;
    }
  }
}
