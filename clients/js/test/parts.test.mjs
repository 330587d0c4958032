import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, beforeEach, mock, test } from "node:test";

import { AssetClient } from "../src/index.js";
import { partServer } from "./part-server.mjs";
import { DROP, DROP_AFTER_BODY, problem, reply } from "./scripted-server.mjs";

beforeEach(() => mock.method(Math, "random", () => 0));

const MIB = 1024 * 1024;
const SIZE = 5 * MIB + 1;
const BYTES = randomBytes(SIZE);
const ALL = [1, 2, 3, 4, 5, 6];
const folder = mkdtempSync(join(tmpdir(), "parts-"));
after(() => rmSync(folder, { recursive: true }));
const PATH = join(folder, "clip.mp4");
writeFileSync(PATH, BYTES);

const file = (lastModified) => new File([BYTES], "clip.mp4", { type: "video/mp4", lastModified });
const sorted = (numbers) => numbers.toSorted((one, other) => one - other);
const partOf = ({ method, path }) => (method === "PUT" ? Number(path.split("/").at(-1)) : 0);
const expired = reply(403, "<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>");
let times = 0;
/** A file that no earlier test has begun to upload. */
const fresh = () => file((times += 1));
const once = (matches, step) => {
  let left = 1;
  return (request) => (left && matches(request) ? (left -= 1, step) : undefined);
};

test("sends every part with exactly the signed headers, and completes", async () => {
  const server = await partServer({ partSize: MIB });
  const seen = [];
  const options = { resumable: true, tags: ["t"], onProgress: ({ loaded }) => seen.push(loaded), idempotencyKey: "k" };
  const response = await new AssetClient(server.url, "t").upload(fresh(), options);
  assert.deepEqual(response, { success: true, url: "u", asset_id: "a-u1", filename: "clip.mp4", size_bytes: SIZE });
  assert.deepEqual(sorted(server.state.sent), ALL);
  assert.ok(server.bytes("u1").equals(BYTES));
  const [begun] = server.requests;
  assert.deepEqual(JSON.parse(begun.body), { filename: "clip.mp4", content_type: "video/mp4", size_bytes: SIZE, tags: ["t"] });
  assert.equal(begun.headers["idempotency-key"], "k");
  assert.deepEqual([seen[0], seen.at(-1)], [0, SIZE]);
  assert.deepEqual(seen, sorted(seen));
});

test("a state file that becomes unwritable does not stop an upload; one that cannot be created stops it before a byte is sent", async () => {
  const states = join(folder, "states");
  mkdirSync(states);
  const stateFile = join(states, "state.json");
  const fail = ({ method }) => void (method === "PUT" && rmSync(states, { recursive: true, force: true }));
  const server = await partServer({ partSize: MIB, fail });
  const client = new AssetClient(server.url, "t");
  await client.upload(PATH, { resumable: true, stateFile, idempotencyKey: "k" });
  assert.ok(server.bytes("u1").equals(BYTES));
  await assert.rejects(client.upload(PATH, { resumable: true, stateFile, idempotencyKey: "other" }), { code: "ENOENT" });
  assert.equal(server.state.sent.length, 6);
});

test("a file of 4 MiB is sent in one request even with `resumable`", async () => {
  const server = await partServer({ partSize: MIB, fail: () => reply(201, { success: true, asset_id: "a" }) });
  await new AssetClient(server.url, "t").upload(new File([new Uint8Array(4 * MIB)], "a.mp4"), { resumable: true });
  assert.equal(server.requests[0].path, "/api/v2/upload-asset");
});

for (const [what, step] of [["a lost connection", DROP], ["a lost response", DROP_AFTER_BODY], ["503", problem(503)], ["500", reply(500, "<Error/>")]]) {
  test(`a part is sent again after ${what}`, async () => {
    const server = await partServer({ partSize: MIB, fail: once((request) => partOf(request) === 3, step) });
    await new AssetClient(server.url, "t").upload(fresh(), { resumable: true });
    assert.ok(server.bytes("u1").equals(BYTES));
  });
}

test("an expired URL is replaced", async () => {
  const server = await partServer({ partSize: MIB, fail: once((request) => partOf(request) === 2, expired) });
  await new AssetClient(server.url, "t").upload(fresh(), { resumable: true });
  assert.ok(server.bytes("u1").equals(BYTES));
  assert.deepEqual(server.state.signed.flat().filter((number) => number === 2).length, 2);
});

test("a refused part is an error with S3's message, and stops the others", async () => {
  const refused = reply(403, "<Error><Code>AccessDenied</Code><Message>No</Message></Error>");
  const server = await partServer({ partSize: MIB, fail: (request) => (partOf(request) === 1 ? refused : undefined) });
  await assert.rejects(new AssetClient(server.url, "t").upload(fresh(), { resumable: true }), { detail: "The storage refused the file: AccessDenied: No" });
});

/** Aborts when the part arrives; the part itself is lost. */
function abortedAt(number) {
  const controller = new AbortController();
  const fail = once((request) => partOf(request) === number && (controller.abort(new Error("paused")), true), DROP);
  return { signal: controller.signal, fail };
}

/** What was there is not sent again; what was on its way, at most a part of each of four, may be. */
function assertSentOnce({ state: { sent } }, before) {
  for (const number of before) assert.equal(sent.filter((each) => each === number).length, 1, `${number} of ${sent}`);
  assert.ok(sent.length <= 6 + 4);
}

test("an aborted upload resumes from the parts that S3 has", async () => {
  const { signal, fail } = abortedAt(4);
  const server = await partServer({ partSize: MIB, fail });
  const client = new AssetClient(server.url, "t");
  const clip = fresh();
  await assert.rejects(client.upload(clip, { resumable: true, signal }), { message: "paused" });
  const before = [...server.state.sent];
  const seen = [];
  await client.upload(clip, { resumable: true, onProgress: ({ loaded }) => seen.push(loaded) });
  assert.equal(server.state.begun, 1);
  assert.ok(before.length && before.length < 6);
  assertSentOnce(server, before);
  assert.ok(seen[1] >= MIB, "progress goes on where it was");
  assert.ok(server.bytes("u1").equals(BYTES));
});

test("an upload with other options is another upload", async () => {
  const { signal, fail } = abortedAt(4);
  const server = await partServer({ partSize: MIB, fail });
  const client = new AssetClient(server.url, "t");
  const clip = fresh();
  await assert.rejects(client.upload(clip, { resumable: true, signal }), { message: "paused" });
  await client.upload(clip, { resumable: true, visibility: "private" });
  assert.equal(server.state.begun, 2);
  const begun = server.requests.filter(({ path }) => path === "/api/v2/uploads");
  assert.deepEqual(begun.map(({ body }) => JSON.parse(body).visibility), [undefined, "private"]);
});

test("another process resumes an upload by its private state file, which is removed at the end", async () => {
  const stateFile = join(folder, "state.json");
  const { signal, fail } = abortedAt(4);
  const server = await partServer({ partSize: MIB, fail });
  const token = `x.${Buffer.from('{"sub": "alice"}').toString("base64url")}.y`;
  const upload = (options) => new AssetClient(server.url, token).upload(PATH, { resumable: true, stateFile, ...options });
  await assert.rejects(upload({ signal }), { message: "paused" });
  assert.equal(statSync(stateFile).mode & 0o777, 0o600);
  assert.match(Object.keys(JSON.parse(readFileSync(stateFile)))[0], /"alice","clip.mp4",5242881,/);
  const before = [...server.state.sent];
  await upload();
  assertSentOnce(server, before);
  assert.equal(existsSync(stateFile), false);
  await upload();
  assert.equal(server.state.begun, 2, "the same file again is another asset");
});

for (const [what, changed, owner] of [["changed since", 99_999, "alice"], ["of another owner", undefined, "bob"]]) {
  test(`a file ${what} begins a new upload`, async () => {
    const { signal, fail } = abortedAt(2);
    const server = await partServer({ partSize: MIB, fail });
    const token = (sub) => `x.${Buffer.from(JSON.stringify({ sub })).toString("base64url")}.y`;
    const clip = fresh();
    const first = new AssetClient(server.url, token("alice")).upload(clip, { resumable: true, signal });
    await assert.rejects(first, { message: "paused" });
    const again = changed ? file(changed) : clip;
    await new AssetClient(server.url, token(owner)).upload(again, { resumable: true });
    assert.equal(server.state.begun, 2);
    assert.ok(server.bytes("u2").equals(BYTES));
  });
}

test("an upload whose completion got no response is not sent again", async () => {
  let isLost = true;
  const fail = ({ path }, state) => {
    if (!path.endsWith("/complete") || !isLost) return undefined;
    state.uploads.get("u1").isCompleted = true;
    return problem(500);
  };
  const server = await partServer({ partSize: MIB, fail });
  const client = new AssetClient(server.url, "t");
  const clip = fresh();
  await assert.rejects(client.upload(clip, { resumable: true }), { status: 500 });
  isLost = false;
  assert.equal((await client.upload(clip, { resumable: true })).asset_id, "a-u1");
  assert.deepEqual(sorted(server.state.sent), ALL);
});

test("an upload that has ended meanwhile begins again", async () => {
  const { signal, fail } = abortedAt(2);
  const server = await partServer({ partSize: MIB, fail });
  const client = new AssetClient(server.url, "t");
  const clip = fresh();
  await assert.rejects(client.upload(clip, { resumable: true, signal }), { message: "paused" });
  Object.assign(server.state.uploads.get("u1"), { isCompleted: true, isDeleted: true });
  assert.equal((await client.upload(clip, { resumable: true })).asset_id, "a-u2");
});

/** An upload that was paused at its second part; what its server and client are. */
async function paused(options = {}) {
  const { signal, fail } = abortedAt(2);
  const server = await partServer({ partSize: MIB, fail });
  const client = new AssetClient(server.url, "t");
  const clip = fresh();
  await assert.rejects(client.upload(clip, { resumable: true, signal, ...options }), { message: "paused" });
  return { server, client, clip };
}

test("an unfinished upload is aborted on the server, once", async () => {
  const { server, client, clip } = await paused({ tags: ["t"] });
  assert.equal(await client.abortUpload(clip), false, "with other options it is another upload");
  assert.equal(await client.abortUpload(clip, { tags: ["t"] }), true);
  assert.equal(server.state.uploads.get("u1").isDeleted, true);
  assert.equal(await client.abortUpload(clip, { tags: ["t"] }), false);
  assert.equal(server.state.aborted, 1);
  await client.upload(clip, { resumable: true, tags: ["t"] });
  assert.equal(server.state.begun, 2);
});

test("an abort that fails can be repeated", async () => {
  let isRefused = true;
  const { signal, fail } = abortedAt(2);
  const refuse = (request, state) => (isRefused && request.method === "DELETE" ? problem(403) : fail(request, state));
  const server = await partServer({ partSize: MIB, fail: refuse });
  const client = new AssetClient(server.url, "t");
  const clip = fresh();
  await assert.rejects(client.upload(clip, { resumable: true, signal }), { message: "paused" });
  await assert.rejects(client.abortUpload(clip), { status: 403 });
  isRefused = false;
  assert.equal(await client.abortUpload(clip), true);
  assert.equal(server.state.aborted, 1);
});

for (const interruptions of [1, 2]) {
  test(`a key never mixes two versions of a file after ${interruptions} interruption(s)`, async () => {
    let pause = new AbortController();
    let left = interruptions;
    const stop = ({ path }) => (path.endsWith("/parts") && left ? (left -= 1, pause.abort(new Error("paused")), DROP) : undefined);
    const server = await partServer({ partSize: MIB, fail: stop });
    const client = new AssetClient(server.url, "t");
    const upload = (version) => {
      pause = new AbortController();
      return client.upload(version, { resumable: true, idempotencyKey: "k", signal: pause.signal });
    };
    const other = randomBytes(SIZE);
    const newer = new File([other], "clip.mp4", { type: "video/mp4", lastModified: (times += 1) });
    await assert.rejects(upload(fresh()), { message: "paused" });
    server.state.uploads.get("u1").parts.set(1, BYTES.subarray(0, MIB));
    if (interruptions > 1) await assert.rejects(upload(newer), { message: "paused" });
    await upload(newer);
    assert.equal(server.state.begun, 1);
    assert.ok(server.bytes("u1").equals(other));
  });
}

test("the state of one version distinguishes its parts from another version's", async () => {
  let abort = abortedAt(5); // after one of the first four
  const server = await partServer({ partSize: MIB, fail: (request) => abort.fail(request) });
  const newer = new File([randomBytes(SIZE)], "clip.mp4", { type: "video/mp4", lastModified: (times += 1) });
  const older = fresh();
  const upload = (version, name) => {
    const options = { resumable: true, idempotencyKey: "k", stateFile: join(folder, name), signal: abort.signal };
    return new AssetClient(server.url, "t").upload(version, options);
  };
  await assert.rejects(upload(older, "older.json"), { message: "paused" });
  const { etags } = Object.values(JSON.parse(readFileSync(join(folder, "older.json"))))[0];
  assert.ok(Object.keys(etags).length > 0);
  abort = abortedAt(5);
  await assert.rejects(upload(newer, "newer.json"), { message: "paused" });
  abort = { fail: () => undefined };
  server.state.sent.length = 0;
  await upload(older, "older.json");
  assert.equal(server.state.begun, 1);
  assert.ok(server.bytes("u1").equals(BYTES));
});

test("a part that another version overwrites during the upload is sent again before the upload is completed", async () => {
  const other = randomBytes(MIB);
  const overwrite = (request, state) => {
    if (partOf(request) === 6) state.uploads.get("u1").parts.set(1, other);
  };
  const server = await partServer({ partSize: MIB, fail: overwrite });
  const seen = [];
  const options = { resumable: true, idempotencyKey: "k", onProgress: ({ loaded }) => seen.push(loaded) };
  await new AssetClient(server.url, "t").upload(fresh(), options);
  assert.deepEqual(server.state.sent.slice(6), [1]);
  assert.ok(server.bytes("u1").equals(BYTES));
  assert.equal(seen.at(-1), SIZE);
});

test("an upload whose parts another version keeps overwriting is not completed", async () => {
  const overwrite = ({ method, path }, state) => {
    if (method === "GET" && path.startsWith("/api/v2/uploads/")) state.uploads.get("u1").parts.set(1, Buffer.alloc(MIB));
  };
  const server = await partServer({ partSize: MIB, fail: overwrite });
  const upload = new AssetClient(server.url, "t").upload(fresh(), { resumable: true, idempotencyKey: "k" });
  await assert.rejects(upload, { status: 409, detail: "Another version is being uploaded" });
  assert.equal(server.state.uploads.get("u1").isCompleted, undefined);
});

test("an upload by the caller's key is completed even if no ETag can be read", async () => {
  const hide = (request, state) => {
    if (!partOf(request)) return undefined;
    state.sent.push(partOf(request));
    state.uploads.get("u1").parts.set(partOf(request), request.body);
    return reply(200, "");
  };
  const server = await partServer({ partSize: MIB, fail: hide });
  await new AssetClient(server.url, "t").upload(fresh(), { resumable: true, idempotencyKey: "k" });
  assert.ok(server.bytes("u1").equals(BYTES));
});

test("a listed part without an ETag counts as another version's", async () => {
  const { signal, fail } = abortedAt(2);
  const bare = (state) => reply(200, { status: "uploading", parts: [...state.uploads.get("u1").parts].map(([part_number, { length }]) => ({ part_number, size: length })) });
  let listed = 0;
  const withoutETags = (request, state) => {
    const isFirst = request.method === "GET" && (listed += 1) === 2;
    return isFirst ? bare(state) : fail(request, state);
  };
  const server = await partServer({ partSize: MIB, fail: withoutETags });
  const upload = (options) => new AssetClient(server.url, "t").upload(clip, { resumable: true, idempotencyKey: "k", ...options });
  const clip = fresh();
  await assert.rejects(upload({ signal }), { message: "paused" });
  server.state.uploads.get("u1").parts.set(6, Buffer.alloc(1));
  server.state.sent.length = 0;
  await upload();
  assert.deepEqual(sorted(server.state.sent), ALL);
  assert.ok(server.bytes("u1").equals(BYTES));
});

test("a state of an earlier release that distrusts the parts in S3 sends all of them again", async () => {
  const stateFile = join(folder, "earlier.json");
  const { signal, fail } = abortedAt(5);
  const server = await partServer({ partSize: MIB, fail });
  const clip = fresh();
  const upload = (options) => new AssetClient(server.url, "t").upload(clip, { resumable: true, idempotencyKey: "k", stateFile, ...options });
  await assert.rejects(upload({ signal }), { message: "paused" });
  const [[key, { etags, ...state }]] = Object.entries(JSON.parse(readFileSync(stateFile)));
  assert.ok(Object.keys(etags).length > 0);
  writeFileSync(stateFile, JSON.stringify({ [key]: { ...state, sendsAll: true } }));
  const { parts } = server.state.uploads.get("u1");
  for (const [number, { length }] of parts) parts.set(number, Buffer.alloc(length));
  await upload();
  assert.ok(server.bytes("u1").equals(BYTES));
});

test("an upload by the caller's key resumes from the parts that it has sent", async () => {
  const { signal, fail } = abortedAt(5);
  const server = await partServer({ partSize: MIB, fail });
  const clip = fresh();
  const stateFile = join(folder, "own.json");
  const upload = (options) => new AssetClient(server.url, "t").upload(clip, { resumable: true, idempotencyKey: "k", stateFile, ...options });
  await assert.rejects(upload({ signal }), { message: "paused" });
  const kept = Object.keys(Object.values(JSON.parse(readFileSync(stateFile)))[0].etags).map(Number);
  assert.ok(kept.length > 0);
  await upload();
  assertSentOnce(server, kept);
  assert.ok(server.bytes("u1").equals(BYTES));
});

for (const [where, options] of [["in memory", {}], ["in a file", { stateFile: join(folder, "versions.json") }]]) {
  test(`the state of a version, ${where}, is ignored once another version has taken over the upload`, async () => {
    let isRefused = true;
    const server = await partServer({ partSize: MIB, fail: ({ path }) => (path.endsWith("/parts") && isRefused ? problem(403) : undefined) });
    const client = new AssetClient(server.url, "t");
    const older = fresh();
    const newer = new File([randomBytes(SIZE)], "clip.mp4", { type: "video/mp4", lastModified: (times += 1) });
    const upload = (version) => client.upload(version, { resumable: true, idempotencyKey: "k", ...options });
    await assert.rejects(upload(older), { status: 403 });
    server.state.uploads.get("u1").parts.set(1, BYTES.subarray(0, MIB));
    await assert.rejects(upload(newer), { status: 403 });
    server.state.uploads.get("u1").parts.set(2, Buffer.from(await newer.slice(MIB, 2 * MIB).arrayBuffer()));
    isRefused = false;
    await upload(older);
    assert.ok(server.bytes("u1").equals(BYTES));
  });
}

test("an ended upload is not aborted, and aborting a published one is an error", async () => {
  const over = await paused();
  over.server.state.uploads.get("u1").isDeleted = true;
  assert.equal(await over.client.abortUpload(over.clip), false);
  const published = await paused();
  published.server.state.uploads.get("u1").isCompleted = true;
  await assert.rejects(published.client.abortUpload(published.clip), { status: 409 });
});

for (const number of [1, 4, 6]) {
  test(`an upload that another process completes at part ${number} returns the same asset`, async () => {
    const complete = (request, state) => {
      if (partOf(request) === number) Object.assign(state.uploads.get("u1"), { isCompleted: true, parts: new Map(ALL.map((each) => [each, Buffer.alloc(0)])) });
    };
    const server = await partServer({ partSize: MIB, fail: complete });
    const clip = fresh();
    const client = new AssetClient(server.url, "t");
    assert.equal((await client.upload(clip, { resumable: true })).asset_id, "a-u1");
    assert.equal(server.state.begun, 1);
    assert.equal(await client.abortUpload(clip), false, "nothing is left of it");
  });
}

test("an upload that another process aborts is an error, and does not begin again", async () => {
  const abort = (request, state) => {
    if (partOf(request) === 3) state.uploads.get("u1").isDeleted = true;
  };
  const server = await partServer({ partSize: MIB, fail: abort });
  await assert.rejects(new AssetClient(server.url, "t").upload(fresh(), { resumable: true }), { status: 404, detail: "detail 404" });
  assert.equal(server.state.begun, 1);
});

test("a 404 from S3 does not begin a new upload", async () => {
  const { signal, fail } = abortedAt(2);
  const lost = reply(404, "<Error><Code>NoSuchBucket</Code><Message>No</Message></Error>");
  let isLost = false;
  const server = await partServer({ partSize: MIB, fail: (request, state) => (isLost && partOf(request) ? lost : fail(request, state)) });
  const client = new AssetClient(server.url, "t");
  const clip = fresh();
  await assert.rejects(client.upload(clip, { resumable: true, signal }), { message: "paused" });
  isLost = true;
  await assert.rejects(client.upload(clip, { resumable: true }), { status: 404, detail: /NoSuchBucket/ });
  assert.equal(server.state.begun, 1);
});

test("a key can be reused after an abort, and then stands for one new upload", async () => {
  const { server, client, clip } = await paused({ idempotencyKey: "k" });
  await client.abortUpload(clip);
  const before = server.state.sent.length;
  await client.upload(clip, { resumable: true, idempotencyKey: "k" });
  await client.upload(clip, { resumable: true, idempotencyKey: "k" });
  assert.deepEqual([...server.state.keys.keys()], ["k", "k a-u1"]);
  assert.equal(server.state.sent.length, before + 6, "the second time, all of it is there");
});

test("a refused upload is not resumed", async () => {
  const server = await partServer({ partSize: MIB, fail: once(({ path }) => path.endsWith("/complete"), problem(400)) });
  const client = new AssetClient(server.url, "t");
  const clip = fresh();
  await assert.rejects(client.upload(clip, { resumable: true }), { status: 400 });
  await client.upload(clip, { resumable: true });
  assert.equal(server.state.begun, 2);
});

test("parts that S3 lacks at completion are sent again", async () => {
  const lose = ({ path }, state) => {
    if (path.endsWith("/complete") && state.sent.length === 6) state.uploads.get("u1").parts.delete(5);
  };
  const server = await partServer({ partSize: MIB, fail: lose });
  await new AssetClient(server.url, "t").upload(fresh(), { resumable: true });
  assert.deepEqual(server.state.sent.slice(6), [5]);
  assert.ok(server.bytes("u1").equals(BYTES));
});

test("waits while a large file is being published, and reports a refusal", async () => {
  const publishing = reply(202, { success: true, asset_id: "a" }, { "retry-after": "0" });
  const responses = [publishing, publishing, problem(400)];
  const server = await partServer({ partSize: MIB, fail: ({ path }) => (path.endsWith("/complete") ? responses.shift() : undefined) });
  await assert.rejects(new AssetClient(server.url, "t").upload(fresh(), { resumable: true }), { status: 400 });
  assert.equal(responses.length, 0);
});

test("a stream over 50 MB is sent in parts, each read when it is sent", async () => {
  const size = 51 * MIB;
  const server = await partServer({ partSize: 10 * MIB });
  let read = 0;
  const ahead = [];
  const pieces = async function* () {
    for (; read < size; read += MIB) {
      ahead.push(read - server.state.sent.length * 10 * MIB);
      yield new Uint8Array(MIB).fill(read / MIB);
    }
  };
  await new AssetClient(server.url, "t").upload(pieces(), { filename: "a.mp4", size });
  const bytes = server.bytes("u1");
  assert.equal(bytes.length, size);
  for (let at = 0; at < size; at += MIB) assert.equal(bytes[at], at / MIB);
  assert.ok(Math.max(...ahead) <= 5 * 10 * MIB);
});
