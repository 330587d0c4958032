import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";

import { AssetApiError, AssetClient } from "../src/index.js";
import { backoffMs } from "../src/retries.js";
import { CUT, DROP, DROP_AFTER_BODY, problem, reply, scripted } from "./scripted-server.mjs";

const PAGE = reply(200, { success: true, assets: [], limit: 50, offset: 0, next_cursor: null });

beforeEach(() => mock.method(Math, "random", () => 0));

for (const status of [429, 502, 503, 504]) {
  test(`retries after ${status}`, async () => {
    const server = await scripted(problem(status), problem(status), PAGE);
    assert.deepEqual((await new AssetClient(server.url, "t").listAssets()).assets, []);
    assert.equal(server.requests.length, 3);
  });
}

for (const status of [400, 401, 404, 409, 413, 422, 500]) {
  test(`does not retry after ${status}, and reports the reason`, async () => {
    const server = await scripted(problem(status), PAGE);
    await assert.rejects(new AssetClient(server.url, "t").listAssets(), (error) => {
      assert.ok(error instanceof AssetApiError);
      assert.equal(error.name, "AssetApiError");
      assert.equal(error.status, status);
      assert.equal(error.detail, `detail ${status}`);
      assert.equal(error.type, "urn:asset-upload-api:problem:test");
      assert.equal(error.requestId, "r1");
      assert.equal(error.retryAfter, null);
      assert.match(error.message, new RegExp(`^detail ${status}\\.`));
      return true;
    });
    assert.equal(server.requests.length, 1);
  });
}

for (const [name, step] of Object.entries({ DROP, DROP_AFTER_BODY, CUT })) {
  test(`retries after a lost connection: ${name}`, async () => {
    const server = await scripted(step, PAGE);
    await new AssetClient(server.url, "t").listAssets();
    assert.equal(server.requests.length, 2);
  });
}

test("an unreachable server is an error with status 0 and the cause, after all retries", async () => {
  let calls = 0;
  const fetch = async () => {
    calls += 1;
    throw new TypeError("fetch failed", { cause: new Error("connect ECONNREFUSED") });
  };
  const client = new AssetClient("http://127.0.0.1:1", "t", { fetch, retries: 2 });
  await assert.rejects(client.get("a"), (error) => {
    assert.ok(error instanceof AssetApiError);
    assert.equal(error.status, 0);
    assert.match(error.message, /could not be reached: connect ECONNREFUSED/);
    assert.ok(error.cause instanceof Error);
    return true;
  });
  assert.equal(calls, 3);
});

test("gives up after all retries, with the last response", async () => {
  const server = await scripted(problem(503), problem(503), problem(502), PAGE);
  await assert.rejects(new AssetClient(server.url, "t", { retries: 2 }).listAssets(), { status: 502 });
  assert.equal(server.requests.length, 3);
});

test("waits for a Retry-After in seconds", async () => {
  const server = await scripted(problem(429, { "retry-after": "1" }), PAGE);
  const started = performance.now();
  await new AssetClient(server.url, "t").listAssets();
  assert.ok(performance.now() - started >= 990);
});

test("waits for a Retry-After given as a date", async () => {
  const until = Math.ceil(Date.now() / 1000) * 1000 + 1000;
  const server = await scripted(problem(503, { "retry-after": new Date(until).toUTCString() }), PAGE);
  await new AssetClient(server.url, "t").listAssets();
  assert.ok(Date.now() >= until - 10);
});

test("does not wait longer than the API's limits last, and reports the Retry-After", async () => {
  const server = await scripted(problem(429, { "retry-after": "3600" }), PAGE);
  await assert.rejects(new AssetClient(server.url, "t").listAssets(), (error) => {
    assert.equal(error.retryAfter, 3600);
    assert.match(error.message, /Retry after 3600 s/);
    return true;
  });
  assert.equal(server.requests.length, 1);
});

test("backoff is random, below a bound that doubles up to 20 s", () => {
  mock.method(Math, "random", () => 0.5);
  assert.deepEqual([0, 1, 2, 3, 10].map(backoffMs), [250, 500, 1000, 2000, 10_000]);
});

test("a response that is not the API's is an error that says so", async () => {
  const server = await scripted(reply(200, "<html>", { "content-type": "text/html" }));
  await assert.rejects(new AssetClient(server.url, "t").listAssets(), { status: 200, detail: "Unexpected response 200" });
});

test("an invalid base URL is refused at once", () => {
  assert.throws(() => new AssetClient("localhost", "t"), TypeError);
});

test("reports the reason and duration of each pause", async () => {
  const uploaded = reply(201, { success: true, url: "u", asset_id: "a", filename: "a.png", size_bytes: 3 });
  const server = await scripted(problem(429, { "Retry-After": "1" }), DROP, uploaded);
  const waits = [];
  const file = new File(["png"], "a.png", { type: "image/png" });
  await new AssetClient(server.url, "t").upload(file, { onWait: (wait) => waits.push(wait) });
  assert.deepEqual(waits, [{ status: 429, seconds: 1 }, { status: 0, seconds: 0 }]);
});
