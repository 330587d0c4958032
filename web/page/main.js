/** The page's entry point. */

import { byId } from "./elements.js";
import { Gallery } from "./gallery.js";
import { Jobs } from "./jobs.js";
import { signedIn, signOut } from "./session.js";
import { startUploads } from "./uploads.js";
import { showUsage } from "./usage.js";
import { problem } from "./words.js";

const client = await signedIn();
byId("workspace").hidden = byId("sign-out").hidden = false;
byId("sign-out").onclick = signOut;

const show = (assetId) => gallery.add(assetId).catch(() => gallery.reload());
const gallery = new Gallery(client, { onAnimate: (asset) => jobs.open(asset), onChanged: () => showUsage(client) });
const jobs = new Jobs(client, show);
startUploads(client, show);
await gallery.reload();
showUsage(client);
jobs.resume().catch((error) => {
  byId("gallery-state").textContent = problem(error);
});
