import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";

import { AssetClient, JobFailedError } from "../src/index.js";
import { DROP_AFTER_BODY, problem, reply, scripted } from "./scripted-server.mjs";

beforeEach(() => mock.method(Math, "random", () => 0));

const page = (ids, next_cursor) =>
  reply(200, { success: true, assets: ids.map((asset_id) => ({ asset_id })), limit: 2, offset: 0, next_cursor });
const job = (status, more = {}) => reply(200, { success: true, job_id: "j1", status, ...more });

test("lists a page by offset", async () => {
  const server = await scripted(page([], null));
  await new AssetClient(server.url, "t").listAssets(10, 20);
  assert.equal(server.requests[0].path, "/api/v2/assets?limit=10&offset=20");
});

test("lists all assets by cursor, page by page", async () => {
  const server = await scripted(page(["a", "b"], "c="), page(["c"], null));
  const found = [];
  for await (const { asset_id } of new AssetClient(server.url, "t").assets({ pageSize: 2, fileType: "image" })) {
    found.push(asset_id);
  }
  assert.deepEqual(found, ["a", "b", "c"]);
  assert.deepEqual(server.requests.map(({ path }) => path), [
    "/api/v2/assets?limit=2&file_type=image",
    "/api/v2/assets?limit=2&cursor=c%3D&file_type=image",
  ]);
});

test("a repeated cursor ends the iteration", async () => {
  const server = await scripted(page(["a"], "c"), page(["b"], "c"));
  const all = async () => {
    for await (const asset of new AssetClient(server.url, "t").assets()) assert.ok(asset);
  };
  await assert.rejects(all(), /never ends/);
});

for (const [status, message] of [[500, "Internal Server Error"], [503, "Service Unavailable"], [429, "Too Many Requests"]]) {
  test(`an error has the message of API Gateway's own ${status}`, async () => {
    const server = await scripted(reply(status, { message }));
    await assert.rejects(new AssetClient(server.url, "t", { retries: 0 }).get("a1"), (error) => {
      assert.equal(error.name, "AssetApiError");
      assert.equal(error.status, status);
      assert.ok(error.message.startsWith(`${message}. `), error.message);
      return true;
    });
  });
}

for (const body of ["5", "null", "\"text\"", "", "[", { detail: 5 }, { detail: { a: 1 } }, { detail: "", message: [] }]) {
  test(`an unexpected response is an error with a message: ${JSON.stringify(body)}`, async () => {
    for (const status of [200, 400, 500]) {
      if (status === 200 && typeof body === "object") continue;
      const server = await scripted(reply(status, body));
      const expected = { name: "AssetApiError", status, detail: `Unexpected response ${status}` };
      await assert.rejects(new AssetClient(server.url, "t", { retries: 0 }).get("a1"), expected);
    }
  });
}

test("requests only the pages that are read", async () => {
  const server = await scripted(page(["a", "b"], "c"));
  for await (const { asset_id } of new AssetClient(server.url, "t").assets()) if (asset_id === "b") break;
  assert.equal(server.requests.length, 1);
});

test("a delete whose response was lost succeeds if the retry finds nothing", async () => {
  const server = await scripted(DROP_AFTER_BODY, problem(404));
  const response = await new AssetClient(server.url, "t").delete("a1");
  assert.deepEqual(response, { success: true, message: "Asset a1 deleted successfully" });
});

test("a delete of a missing asset is an error", async () => {
  const server = await scripted(problem(404));
  await assert.rejects(new AssetClient(server.url, "t").delete("a1"), { status: 404 });
});

test("an id cannot change the request's path", async () => {
  const server = await scripted(problem(404));
  await assert.rejects(new AssetClient(server.url, "t").get("../x?y"), { status: 404 });
  assert.equal(server.requests[0].path, "/api/v2/assets/..%2Fx%3Fy/metadata");
});

test("all attempts of a generation share an idempotency key", async () => {
  const server = await scripted(DROP_AFTER_BODY, reply(202, { success: true, job_id: "j1", status: "pending" }));
  const client = new AssetClient(server.url, "t");
  await client.generate({ prompt: "wave", modelId: "minimax/video-01", input: { image: "http://h/i" } });
  const [first, second] = server.requests;
  assert.ok(first.headers["idempotency-key"]);
  assert.equal(first.headers["idempotency-key"], second.headers["idempotency-key"]);
  const body = { prompt: "wave", model_id: "minimax/video-01", input: { image: "http://h/i" } };
  assert.deepEqual(JSON.parse(second.body.toString()), body);
});

test("waits for a job and reports every change", async () => {
  const server = await scripted(job("pending"), job("pending"), job("processing"), job("completed", { video_url: "v" }));
  const seen = [];
  const client = new AssetClient(server.url, "t");
  const ended = await client.waitForJob("j1", { intervalMs: 1, onUpdate: ({ status }) => seen.push(status) });
  assert.equal(ended.video_url, "v");
  assert.deepEqual(seen, ["pending", "processing", "completed"]);
});

for (const [status, message] of [["failed", /failed: no face/], ["canceled", /was canceled/]]) {
  test(`a job that ends as ${status} is an error that contains the job`, async () => {
    const server = await scripted(job("pending"), job(status, { error_message: "no face" }));
    await assert.rejects(new AssetClient(server.url, "t").waitForJob("j1", { intervalMs: 1 }), (error) => {
      assert.ok(error instanceof JobFailedError);
      assert.equal(error.job.status, status);
      assert.match(error.message, message);
      return true;
    });
  });
}

test("a job that does not end in time is a TimeoutError", async () => {
  const server = await scripted(...Array(50).fill(job("processing")));
  const waiting = new AssetClient(server.url, "t").waitForJob("j1", { intervalMs: 20, timeoutMs: 50 });
  await assert.rejects(waiting, { name: "TimeoutError", message: /j1 is still processing/ });
});

test("lists and cancels jobs", async () => {
  const server = await scripted(reply(200, { jobs: [], next_cursor: null }), job("canceled"));
  const client = new AssetClient(server.url, "t");
  await client.listJobs({ limit: 5, cursor: "c" });
  assert.equal((await client.cancelJob("j1")).status, "canceled");
  assert.deepEqual(server.requests.map(({ method, path }) => `${method} ${path}`), [
    "GET /api/v2/jobs?limit=5&cursor=c",
    "POST /api/v2/jobs/j1/cancel",
  ]);
});

test("a new token applies to later requests", async () => {
  const server = await scripted(page([], null), page([], null));
  const client = new AssetClient(server.url, "first");
  await client.listAssets();
  client.token = "second";
  await client.listAssets();
  assert.deepEqual(server.requests.map(({ headers }) => headers.authorization), ["Bearer first", "Bearer second"]);
});

test("a delete can be sent with keepalive", async () => {
  const asked = [];
  const fetch = async (url, options) => {
    asked.push(options.keepalive);
    return Response.json({ success: true, message: "m" });
  };
  const client = new AssetClient("http://127.0.0.1:1", "t", { fetch });
  await client.delete("a", { keepalive: true });
  await client.delete("a");
  assert.deepEqual(asked, [true, undefined]);
});
