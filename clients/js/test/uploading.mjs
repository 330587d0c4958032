/** Shared by the tests of uploads. */

import { reply } from "./scripted-server.mjs";

export const SMALL = new File(["tiny"], "image.png", { type: "image/png" });
export const LARGE = new File([new Uint8Array(4 * 1024 * 1024 + 1)], "clip.mp4", { type: "video/mp4" });

export const UPLOADED = {
  success: true, url: "http://h/api/v2/assets/a1", asset_id: "a1", filename: "clip.mp4", size_bytes: LARGE.size,
};
export const PUBLISHED = reply(201, { ...UPLOADED, file_type: "video/mp4", uploaded_at: "2025-11-15T12:34:56" });
export const POSTED = reply(201, "<PostResponse/>", { "content-type": "application/xml" });

/** A response with a form that posts to the same server. */
export function formResponse({ headers }, { policy = "p" } = {}) {
  const upload = {
    method: "POST", url: `http://${headers.host}/bucket`, fields: { key: "k1", policy }, key: "k1", expires: 900,
    expires_at: "2025-11-15T12:34:56Z",
  };
  return reply(201, { ...UPLOADED, upload });
}

/** @param {{headers: Record<string, string>, body: Buffer}} request */
export function formDataOf({ headers, body }) {
  return new Response(body, { headers: { "content-type": headers["content-type"] } }).formData();
}
