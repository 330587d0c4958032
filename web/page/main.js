/** The page's entry point. */

import { byId } from "./elements.js";
import { Gallery } from "./gallery.js";
import { signIn, signOut } from "./session.js";
import { startUploads } from "./uploads.js";
import { showUsage } from "./usage.js";
import { errorText } from "./format.js";

const RECENT_JOBS = 20;

const client = await signIn();
byId("workspace").hidden = byId("sign-out").hidden = false;
byId("sign-out").onclick = signOut;

let watched;
const jobs = async () => {
  const { Jobs } = await import("./jobs.js");
  return (watched ??= new Jobs(client, show));
};
const show = (assetId) => gallery.add(assetId).catch(() => gallery.reload());
const gallery = new Gallery(client, { onAnimate: async (asset) => (await jobs()).open(asset), onChanged: () => showUsage(client) });
startUploads(client, show);
await gallery.reload();
showUsage(client);
try {
  const recent = await client.listJobs({ limit: RECENT_JOBS });
  if (recent.jobs.length > 0) (await jobs()).resume(recent.jobs);
} catch (error) {
  byId("gallery-state").textContent = errorText(error);
}
