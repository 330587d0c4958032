import assert from "node:assert/strict";
import { test } from "node:test";

import { AssetClient } from "../src/index.js";
import { HANG, problem, reply, scripted } from "./scripted-server.mjs";
import { LARGE, SMALL, formResponse } from "./uploading.mjs";

const ABORTED = { name: "AbortError" };

test("an aborted signal sends nothing", async () => {
  const server = await scripted();
  await assert.rejects(new AssetClient(server.url, "t").upload(SMALL, { signal: AbortSignal.abort() }), ABORTED);
  assert.equal(server.requests.length, 0);
});

test("aborts while waiting for a response, without a retry", async () => {
  const server = await scripted(HANG);
  const controller = new AbortController();
  const arrived = server.nextRequest();
  const upload = new AssetClient(server.url, "t").upload(SMALL, { signal: controller.signal });
  await arrived;
  controller.abort();
  await assert.rejects(upload, ABORTED);
  assert.equal(server.requests.length, 1);
});

test("aborts while waiting to retry", async () => {
  const server = await scripted(problem(429, { "retry-after": "60" }));
  const controller = new AbortController();
  const upload = new AssetClient(server.url, "t").upload(SMALL, { signal: controller.signal });
  // After the response, because the beginning of the wait is not observable.
  setTimeout(() => controller.abort(), 300);
  await assert.rejects(upload, ABORTED);
  assert.equal(server.requests.length, 1);
});

test("aborts while the file is sent to S3, and completes nothing", async () => {
  const server = await scripted((request) => formResponse(request), HANG);
  const controller = new AbortController();
  const upload = new AssetClient(server.url, "t").upload(LARGE, { signal: controller.signal });
  await server.nextRequest();
  await server.nextRequest();
  controller.abort(new Error("changed my mind"));
  await assert.rejects(upload, { message: "changed my mind" });
  assert.equal(server.requests.length, 2);
});

test("aborts while waiting for a job", async () => {
  const server = await scripted(reply(200, { job_id: "j", status: "pending" }));
  const controller = new AbortController();
  const onUpdate = () => setTimeout(() => controller.abort());
  const waiting = new AssetClient(server.url, "t").waitForJob("j", {
    onUpdate, intervalMs: 60_000, signal: controller.signal,
  });
  await assert.rejects(waiting, ABORTED);
});

test("an abort after the upload changes nothing", async () => {
  const server = await scripted(reply(201, { success: true, asset_id: "a" }));
  const controller = new AbortController();
  const response = await new AssetClient(server.url, "t").upload(SMALL, { signal: controller.signal });
  controller.abort();
  assert.equal(response.asset_id, "a");
});
