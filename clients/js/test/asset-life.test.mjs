import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";

import { AssetClient } from "../src/index.js";
import { DROP_AFTER_BODY, reply, scripted } from "./scripted-server.mjs";

beforeEach(() => mock.method(Math, "random", () => 0));

const OPTIONS = { tags: ["a", "b c"], expiresIn: 3600 };
const NAMED = { tags: ["a", "b c"], expires_in: 3600 };
const png = () => new File([new Uint8Array([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])], "a.png", { type: "image/png" });
const sent = ({ requests }, index = 0) => JSON.parse(requests[index].body.toString());

test("options of a small file are form fields before the file", async () => {
  const server = await scripted(reply(201, { success: true, asset_id: "a1" }));
  await new AssetClient(server.url, "t").upload(png(), OPTIONS);
  const body = server.requests[0].body.toString("latin1");
  assert.equal(body.split('name="tags"').length, 3);
  assert.ok(body.indexOf('name="expires_in"\r\n\r\n3600') < body.indexOf('name="file"'));
});

test("omitted options are not sent", async () => {
  const server = await scripted(reply(201, { success: true, asset_id: "a1" }));
  await new AssetClient(server.url, "t").upload(png());
  assert.equal(server.requests[0].body.toString("latin1").split("Content-Disposition").length, 2);
});

for (const [changes, body] of [
  [{ filename: "n.png" }, { filename: "n.png" }],
  [{ tags: [] }, { tags: [] }],
  [{ expiresIn: null }, { expires_in: null }],
  [{ expiresIn: 60, visibility: "private" }, { expires_in: 60, visibility: "private" }],
]) {
  test(`a change sends only the changed fields: ${JSON.stringify(changes)}`, async () => {
    const server = await scripted(reply(200, { success: true }));
    await new AssetClient(server.url, "t").update(`${server.url}/api/v2/assets/a1/w160.webp`, changes);
    assert.equal(`${server.requests[0].method} ${server.requests[0].path}`, "PATCH /api/v2/assets/a1");
    assert.deepEqual(sent(server), body);
  });
}

test("deletes are sent in batches of a hundred, without duplicates", async () => {
  const server = await scripted(
    reply(200, { success: true, deleted: ["0"], not_found: [] }),
    reply(200, { success: true, deleted: [], not_found: ["149"] }),
  );
  const ids = Array.from({ length: 150 }, (_, number) => `${number}`);
  const response = await new AssetClient(server.url, "t").deleteMany([...ids, "0"]);
  assert.deepEqual(response, { success: true, deleted: ["0"], not_found: ["149"] });
  assert.deepEqual([sent(server, 0).asset_ids.length, sent(server, 1).asset_ids.length], [100, 50]);
});

test("filters are query parameters of the list", async () => {
  const server = await scripted(reply(200, { success: true, assets: [], next_cursor: null }));
  for await (const asset of new AssetClient(server.url, "t").assets({ tag: "summer 2026", q: "ü" })) assert.fail(asset);
  assert.equal(server.requests[0].path, "/api/v2/assets?limit=100&tag=summer+2026&q=%C3%BC");
});

test("all attempts of an import share an idempotency key", async () => {
  const server = await scripted(DROP_AFTER_BODY, reply(202, { success: true, job_id: "j", asset_id: "a", status: "pending" }));
  await new AssetClient(server.url, "t").importUrl("https://example.com/a.png", { filename: "b.png", ...OPTIONS });
  const [first, second] = server.requests;
  assert.equal(first.headers["idempotency-key"], second.headers["idempotency-key"]);
  assert.deepEqual(sent(server, 1), { url: "https://example.com/a.png", filename: "b.png", ...NAMED });
});

test("the options of a generation are sent beside its input", async () => {
  const server = await scripted(reply(202, { success: true, job_id: "j", status: "pending" }));
  await new AssetClient(server.url, "t").generate({ prompt: "p", modelId: "m/n", input: { image: "asset:1" }, ...OPTIONS });
  assert.deepEqual(sent(server), { prompt: "p", model_id: "m/n", input: { image: "asset:1" }, ...NAMED });
});

test("usage and erasure take one request each", async () => {
  const server = await scripted(reply(200, { success: true, assets: 2 }), reply(202, { success: true, job_id: "j" }));
  const client = new AssetClient(server.url, "t");
  assert.equal((await client.usage()).assets, 2);
  assert.equal((await client.eraseOwner()).job_id, "j");
  assert.deepEqual(server.requests.map(({ method, path }) => `${method} ${path}`), ["GET /api/v2/usage", "DELETE /api/v2/owner"]);
});

test("rendition URLs need no request", () => {
  const client = new AssetClient("https://h", "t");
  assert.equal(client.renditionUrl("a1", "w640.webp"), "https://h/api/v2/assets/a1/w640.webp");
  assert.equal(client.renditionUrl("https://h/api/v2/assets/a1?x=1", "../x"), "https://h/api/v2/assets/a1/..%2Fx");
});
