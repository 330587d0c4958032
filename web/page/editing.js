/** The dialog that changes names and tags. */

import { byId } from "./elements.js";
import { errorText } from "./format.js";

const dialog = byId("edit");
const form = dialog.querySelector("form");

/** Asks for a new name and passes it to `save`. */
export function editName(asset, save) {
  return edit({ title: "Rename", label: "Name", value: asset.filename, hint: "Downloads get this name, too." }, save);
}

/** Asks for tags and passes their list to `save`. */
export function editTags(title, tags, save) {
  const hint = "Separated by commas, up to ten. For example: beach, summer 2026";
  return edit({ title, label: "Tags", value: tags.join(", "), hint }, (text) => save(tagsIn(text)));
}

const tagsIn = (text) => [...new Set(text.split(",").map((tag) => tag.trim()).filter(Boolean))];

function edit({ title, label, value, hint }, save) {
  byId("edit-title").textContent = title;
  form.querySelector("label").textContent = label;
  form.value.value = value;
  byId("edit-hint").textContent = hint;
  const error = form.querySelector(".error");
  error.textContent = "";
  form.onsubmit = async (event) => {
    if (event.submitter?.value === "cancel") return;
    event.preventDefault();
    const button = form.querySelector(".primary");
    button.disabled = true;
    try {
      await save(form.value.value.trim());
      dialog.close();
    } catch (reason) {
      error.textContent = errorText(reason);
    } finally {
      button.disabled = false;
    }
  };
  dialog.showModal();
  form.value.select();
}
