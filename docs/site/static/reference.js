import { createApiReference } from "./scalar/standalone.esm.js";

const mount = document.getElementById("reference");
const system = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
const chosen = localStorage.getItem("theme"); // on the other pages of this site

createApiReference(mount, {
  url: new URL(mount.dataset.document, location.href).href,
  agent: { disabled: true },
  mcp: { disabled: true },
  darkMode: (chosen === "light" || chosen === "dark" ? chosen : system) === "dark",
  documentDownloadType: "json",
  hiddenClients: true, // the samples are the document's own
  hideClientButton: true,
  operationTitleSource: "summary",
  showDeveloperTools: "never",
  telemetry: false,
  withDefaultFonts: false,
});
