import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";

import { AssetClient } from "../src/index.js";
import { problem, reply, scripted } from "./scripted-server.mjs";

beforeEach(() => mock.method(Math, "random", () => 0));

const files = (count) => Array.from({ length: count }, (_, number) => new File(["tiny"], `${number}.png`));
const uploaded = ({ body }) => {
  const [, filename] = /filename="(.*?)"/.exec(body.toString("latin1"));
  return reply(201, { success: true, asset_id: filename, filename, url: "u", size_bytes: 4 });
};

test("uploads a limited number at a time, and returns the outcomes in order", async () => {
  let running = 0;
  let most = 0;
  const fetch = async (_, { body }) => {
    most = Math.max(most, (running += 1));
    const { name } = body.get("file");
    await new Promise((done) => setTimeout(done, name === "0.png" ? 30 : 1));
    running -= 1;
    return Response.json({ success: true, asset_id: name }, { status: 201 });
  };
  const seen = [];
  const outcomes = await new AssetClient("http://h", "t", { fetch }).uploadMany(files(9), {
    concurrency: 3, tags: ["t"], onProgress: (progress) => seen.push(progress), onOutcome: ({ asset }) => assert.ok(asset),
  });
  assert.deepEqual(outcomes.map(({ asset }) => asset.asset_id), files(9).map(({ name }) => name));
  assert.equal(most, 3);
  assert.deepEqual(seen.at(-1), { loaded: 36, total: 36 });
  assert.deepEqual(seen.map(({ loaded }) => loaded), seen.map(({ loaded }) => loaded).toSorted((one, other) => one - other));
});

test("a failed file does not stop the others", async () => {
  const server = await scripted(uploaded, uploaded);
  const [first] = files(1);
  const given = [first, new File(["x"], "a.pdf"), "/nowhere/a.png", first];
  const outcomes = await new AssetClient(server.url, "t").uploadMany(given, { concurrency: 1 });
  assert.deepEqual(outcomes.map(({ file }) => file), given);
  assert.deepEqual(outcomes.map(({ asset }) => asset?.asset_id), ["0.png", undefined, undefined, "0.png"]);
  assert.deepEqual(outcomes.map(({ error }) => error?.status ?? error?.code), [undefined, 400, "ENOENT", undefined]);
});

test("all uploads wait for the limit together, and the wait is reported once", async () => {
  const limited = problem(429, { "retry-after": "1" });
  let admitted = 0;
  let requests = 0;
  let opensAt = 0;
  const response = (request) => {
    requests += 1;
    if (Date.now() < opensAt) return limited;
    admitted += 1;
    if (admitted % 2 === 0) opensAt = Date.now() + 900; // two a second
    return uploaded(request);
  };
  const server = await scripted(...Array(50).fill(response));
  const waits = [];
  const outcomes = await new AssetClient(server.url, "t", { retries: 0 }).uploadMany(files(6), { onWait: (wait) => waits.push(wait) });
  assert.ok(outcomes.every(({ asset }) => asset), JSON.stringify(outcomes));
  assert.ok(requests <= 6 + 4 * 3, `${requests} requests`);
  assert.ok(waits.length >= 1 && waits.length <= 4 && waits.every(({ status }) => status === 429), JSON.stringify(waits));
});

test("the stated limit is used fully and never exceeded", async () => {
  for (const [quota, count, refusals] of [[100, 60, 0], [2, 2, 0]]) {
    let counted = 0;
    const response = (request) => {
      counted += 1;
      const headers = { "ratelimit-policy": `"uploads";q=${quota};w=60`, ratelimit: `"uploads";r=${Math.max(0, quota - counted)};t=60` };
      return counted > quota ? problem(429, { ...headers, "retry-after": "60" }) : { ...uploaded(request), headers };
    };
    const server = await scripted(...Array(count + 9).fill(response));
    const waits = [];
    const outcomes = await new AssetClient(server.url, "t").uploadMany(files(count), { onWait: (wait) => waits.push(wait) });
    assert.ok(outcomes.every(({ asset }) => asset), JSON.stringify(outcomes));
    assert.equal(server.requests.length - count, refusals);
    assert.deepEqual(waits, []);
  }
});

test("the wait at a full limit is reported once, before any 429, and can be aborted", async () => {
  const controller = new AbortController();
  const full = (request) => ({ ...uploaded(request), headers: { "ratelimit-policy": '"uploads";q=9;w=60', ratelimit: '"uploads";r=0;t=33' } });
  const server = await scripted(full, full, full);
  const waits = [];
  const onWait = (wait) => {
    waits.push(wait);
    setTimeout(() => controller.abort(new Error("enough")), 20);
  };
  const uploads = new AssetClient(server.url, "t").uploadMany(files(9), { signal: controller.signal, onWait });
  await assert.rejects(uploads, { message: "enough" });
  assert.equal(server.requests.length, 1);
  assert.equal(waits.length, 1);
  assert.equal(waits[0].status, 429);
  assert.ok(waits[0].seconds > 32 && waits[0].seconds <= 33, JSON.stringify(waits));
});

test("uploads give up on a service that keeps refusing", async () => {
  let requests = 0;
  const fetch = async () => {
    requests += 1;
    return new Response(null, { status: 429, headers: { "retry-after": "0" } });
  };
  const outcomes = await new AssetClient("http://h", "t", { fetch, retries: 0 }).uploadMany(files(2));
  assert.deepEqual(outcomes.map(({ error }) => error.status), [429, 429]);
  assert.ok(requests > 10 && requests < 50, `${requests}`);
});

test("an abort ends all uploads", async () => {
  const controller = new AbortController();
  const server = await scripted(uploaded, uploaded, uploaded);
  const onOutcome = () => controller.abort(new Error("enough"));
  const uploads = new AssetClient(server.url, "t").uploadMany(files(9), { concurrency: 1, signal: controller.signal, onOutcome });
  await assert.rejects(uploads, { message: "enough" });
  assert.equal(server.requests.length, 1);
});

for (const one of ["a.png", new File(["x"], "a.png"), new Uint8Array(2), new URL("file:///a.png"), undefined]) {
  test(`one file instead of several is refused: ${Object.prototype.toString.call(one)}`, async () => {
    await assert.rejects(new AssetClient("http://127.0.0.1:1", "t").uploadMany(one), { name: "TypeError", message: /takes several files/ });
  });
}

test("no files give no outcomes, and a concurrency below one is refused", async () => {
  const client = new AssetClient("http://127.0.0.1:1", "t");
  assert.deepEqual(await client.uploadMany([]), []);
  await assert.rejects(client.uploadMany([], { concurrency: 0 }), /concurrency is 1 or more/);
});
