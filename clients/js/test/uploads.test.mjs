import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";

import { checked } from "../src/files.js";
import { AssetApiError, AssetClient } from "../src/index.js";
import { CUT, DROP, DROP_AFTER_BODY, problem, reply, scripted } from "./scripted-server.mjs";
import { LARGE, POSTED, PUBLISHED, SMALL, UPLOADED, formResponse, formDataOf } from "./uploading.mjs";

const XML = { "content-type": "application/xml" };
const EXPIRED = reply(403, "<Error><Code>AccessDenied</Code><Message>Policy expired.</Message></Error>", XML);

const paths = (server) => server.requests.map(({ method, path }) => `${method} ${path}`);
const keys = (server) => server.requests.map(({ headers }) => headers["idempotency-key"]);

beforeEach(() => mock.method(Math, "random", () => 0));

test("4 MiB are sent in one request, with token, name, type and a key", async () => {
  const file = new File([new Uint8Array(4 * 1024 * 1024)], "photo é.png", { type: "image/png" });
  const server = await scripted(reply(201, UPLOADED));
  assert.deepEqual(await new AssetClient(`${server.url}/`, "secret").upload(file), UPLOADED);
  assert.deepEqual(paths(server), ["POST /api/v2/upload-asset"]);
  const [request] = server.requests;
  assert.equal(request.headers.authorization, "Bearer secret");
  assert.match(request.headers["idempotency-key"], /^[0-9a-f]{32}$/);
  const sent = (await formDataOf(request)).get("file");
  assert.deepEqual([sent.name, sent.type, sent.size], ["photo é.png", "image/png", file.size]);
});

test("a larger file is posted to S3 by form, without the token, and completed", async () => {
  const server = await scripted(formResponse, POSTED, PUBLISHED);
  assert.deepEqual(await new AssetClient(server.url, "secret").upload(LARGE), UPLOADED);
  assert.deepEqual(paths(server), ["POST /api/v2/upload-asset", "POST /bucket", "POST /api/v2/assets/a1/complete"]);
  const [asked, posted] = server.requests;
  const declared = { filename: "clip.mp4", content_type: "video/mp4", size_bytes: LARGE.size };
  assert.deepEqual(JSON.parse(asked.body.toString()), declared);
  assert.equal(posted.headers.authorization, undefined);
  const fields = [...(await formDataOf(posted)).entries()];
  assert.deepEqual(fields.map(([name]) => name), ["key", "policy", "file"]);
  assert.equal(fields[2][1].size, LARGE.size);
});

for (const [name, step] of Object.entries({ DROP, DROP_AFTER_BODY, CUT })) {
  test(`a direct upload is retried with the same key after a lost connection: ${name}`, async () => {
    const server = await scripted(step, reply(201, UPLOADED));
    await new AssetClient(server.url, "t").upload(SMALL);
    assert.equal(keys(server).length, 2);
    assert.equal(new Set(keys(server)).size, 1);
  });

  test(`the form is requested again with the same key after a lost connection: ${name}`, async () => {
    const server = await scripted(step, formResponse, POSTED, PUBLISHED);
    await new AssetClient(server.url, "t").upload(LARGE);
    assert.equal(keys(server)[0], keys(server)[1]);
    assert.equal(server.requests.length, 4);
  });

  test(`the file is posted again with the same form after a lost connection: ${name}`, async () => {
    const server = await scripted(formResponse, step, POSTED, PUBLISHED);
    await new AssetClient(server.url, "t").upload(LARGE);
    assert.deepEqual(paths(server).slice(1, 3), ["POST /bucket", "POST /bucket"]);
    assert.equal(server.requests.length, 4);
  });

  test(`completing is retried after a lost connection: ${name}`, async () => {
    const server = await scripted(formResponse, POSTED, step, PUBLISHED);
    assert.deepEqual(await new AssetClient(server.url, "t").upload(LARGE), UPLOADED);
    assert.equal(server.requests.length, 4);
  });
}

test("a given idempotency key is sent", async () => {
  const server = await scripted(problem(429), reply(201, UPLOADED));
  await new AssetClient(server.url, "t").upload(SMALL, { idempotencyKey: "mine" });
  assert.deepEqual(keys(server), ["mine", "mine"]);
});

/** Ends the client's pauses between forms at once, and returns their lengths in milliseconds. */
function withoutPauses(t) {
  const { setTimeout } = globalThis;
  const pauses = [];
  t.mock.method(globalThis, "setTimeout", (callback, ms, ...rest) => {
    if (![1000, 2000, 4000].includes(ms)) return setTimeout(callback, ms, ...rest);
    pauses.push(ms);
    return setTimeout(callback, 0, ...rest);
  });
  return pauses;
}

test("an expired form is replaced under the same key: one asset results even if its file had arrived", async (t) => {
  const pauses = withoutPauses(t);
  const server = await scripted(formResponse, EXPIRED, (r) => formResponse(r, { policy: "new" }), POSTED, PUBLISHED);
  await new AssetClient(server.url, "t").upload(LARGE, { idempotencyKey: "mine" });
  assert.deepEqual(keys(server), ["mine", undefined, "mine", undefined, undefined]);
  assert.equal((await formDataOf(server.requests[3])).get("policy"), "new");
  assert.deepEqual(pauses, [1000]);
});

test("a form that expired after its post's response was lost is replaced", async (t) => {
  withoutPauses(t);
  const server = await scripted(formResponse, DROP_AFTER_BODY, EXPIRED, formResponse, POSTED, PUBLISHED);
  await new AssetClient(server.url, "t").upload(LARGE, { idempotencyKey: "mine" });
  assert.deepEqual(keys(server).filter(Boolean), ["mine", "mine"]);
});

test("a form whose credentials have expired is replaced", async (t) => {
  withoutPauses(t);
  const refused = reply(400, "<Error><Code>ExpiredToken</Code><Message>The token has expired.</Message></Error>", XML);
  const server = await scripted(formResponse, refused, formResponse, POSTED, PUBLISHED);
  await new AssetClient(server.url, "t").upload(LARGE);
  assert.equal(server.requests.length, 5);
});

test("a fourth expired form is an error", async (t) => {
  const pauses = withoutPauses(t);
  const server = await scripted(...Array(4).fill([formResponse, EXPIRED]).flat());
  await assert.rejects(new AssetClient(server.url, "t").upload(LARGE), { status: 403, detail: /Policy expired/ });
  assert.equal(server.requests.length, 8);
  assert.deepEqual(pauses, [1000, 2000, 4000]);
});

test("S3's retryable errors are retried", async () => {
  const server = await scripted(formResponse, reply(500, "<Error/>", XML), reply(503, "<Error/>", XML), POSTED, PUBLISHED);
  await new AssetClient(server.url, "t").upload(LARGE);
  assert.equal(server.requests.length, 5);
});

test("S3's refusal is an error with its message", async () => {
  const refused = reply(400, "<Error><Code>EntityTooLarge</Code><Message>Too big</Message></Error>", XML);
  const server = await scripted(formResponse, refused);
  await assert.rejects(new AssetClient(server.url, "t").upload(LARGE), {
    name: "AssetApiError", status: 400, detail: "The storage refused the file: EntityTooLarge: Too big",
  });
});

test("bytes refused by `complete` are an error with the API's message", async () => {
  const server = await scripted(formResponse, POSTED, problem(400));
  await assert.rejects(new AssetClient(server.url, "t").upload(LARGE), { status: 400, detail: "detail 400" });
});

const REFUSED = [
  ["an empty file", new File([], "a.png"), /^Empty file/],
  ["an extension that is not taken", new File(["x"], "a.pdf"), /^Invalid file type: .*\.pdf.*jpg, jpeg, png, gif/],
  ["a type that is not taken", new File(["x"], "a", { type: "text/html" }), /^Invalid file type: text\/html/],
  ["a name and a type that disagree", new File(["x"], "a.png", { type: "image/gif" }), /^Invalid file type: the name/],
  ["neither a name nor a type", new Blob(["x"]), /^Invalid file type: neither/],
];
for (const [what, file, detail] of REFUSED) {
  test(`refuses ${what} without a request`, async () => {
    const server = await scripted();
    const upload = new AssetClient(server.url, "t").upload(file);
    await assert.rejects(upload, (error) => {
      assert.ok(error instanceof AssetApiError);
      assert.equal(error.status, 400);
      assert.match(error.detail, detail);
      assert.match(error.type, /^urn:asset-upload-api:problem:(empty-file|file-too-large|invalid-file-type)$/);
      return true;
    });
    assert.equal(server.requests.length, 0);
  });
}

test("over 50 MB, the deployment decides before a byte of the file is sent", async () => {
  const server = await scripted(problem(400));
  const large = { size: 52_428_801, type: "", name: "a.mp4", slice: () => assert.fail("nothing is to be read") };
  await assert.rejects(new AssetClient(server.url, "t").upload(large), { status: 400, detail: "detail 400" });
  assert.deepEqual(paths(server), ["POST /api/v2/uploads"]);
});

test("files over the given limit are refused", () => {
  assert.throws(() => checked({ size: 52_428_801, type: "", name: "a.mp4" }), /File too large: at most 50 MB \(52,428,800/);
  assert.throws(() => checked({ size: 1025, type: "", name: "a.mp4" }, "a.mp4", 1024 ** 2 / 1024), /this file has 1025 bytes/);
  assert.equal(checked({ size: 52_428_801, type: "", name: "a.mp4" }, "a.mp4", 2 ** 30).contentType, "video/mp4");
});

const DECLARED = [
  [new File(["x"], "A.JPEG"), {}, ["A.JPEG", "image/jpeg"]],
  [new File(["x"], "a.jpg", { type: "image/jpg" }), {}, ["a.jpg", "image/jpeg"]],
  [new File(["x"], "a.mov", { type: "application/octet-stream" }), {}, ["a.mov", "video/quicktime"]],
  [new File(["x"], "a", { type: "image/webp; q=1" }), {}, ["a", "image/webp"]],
  [new Blob(["x"], { type: "image/gif" }), {}, ["file.gif", "image/gif"]],
  [new Blob(["x"]), { filename: "b.mp4" }, ["b.mp4", "video/mp4"]],
];
for (const [file, options, [name, type]] of DECLARED) {
  test(`${file.name ?? "a blob"} of type "${file.type}" is sent as ${name}, ${type}`, async () => {
    const server = await scripted(reply(201, UPLOADED));
    await new AssetClient(server.url, "t").upload(file, options);
    const sent = (await formDataOf(server.requests[0])).get("file");
    assert.deepEqual([sent.name, sent.type], [name, type]);
  });
}

test("progress goes from zero to the whole file", async () => {
  const server = await scripted(reply(201, UPLOADED));
  const seen = [];
  await new AssetClient(server.url, "t").upload(SMALL, { onProgress: (progress) => seen.push(progress) });
  assert.deepEqual(seen, [{ loaded: 0, total: 4 }, { loaded: 4, total: 4 }]);
});
