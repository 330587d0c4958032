import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, mock, test } from "node:test";

import { AssetClient } from "../src/index.js";
import { safeName } from "../src/node_files.js";
import { problem, reply, scripted, cutAfter } from "./scripted-server.mjs";

beforeEach(() => mock.method(Math, "random", () => 0));

const BYTES = Buffer.from("the bytes of a picture");
const HEADERS = { "content-type": "image/png", etag: '"e1"', "content-disposition": "inline; filename*=UTF-8''p%C3%A9.png" };
const METADATA = {
  success: true, asset_id: "a1", filename: "pé.png", size_bytes: BYTES.length, visibility: "public",
  sha256: createHash("sha256").update(BYTES).digest("hex"),
};
const known = (changes = {}) => reply(200, { ...METADATA, ...changes });
const served = (bytes = BYTES) => reply(200, bytes, { ...HEADERS, "content-length": `${bytes.length}` });
const rest = (from, headers = {}) => reply(206, BYTES.subarray(from), {
  ...HEADERS, "content-range": `bytes ${from}-${BYTES.length - 1}/${BYTES.length}`, ...headers,
});
const cut = (at) => cutAfter(at, served());

const asked = (server) => server.requests.map(({ method, path }) => `${method} ${path}`);

function folder(t) {
  const made = mkdtempSync(join(tmpdir(), "downloads-"));
  t.after(() => rmSync(made, { recursive: true }));
  return made;
}

test("a download is a Blob of the asset's type, and public URLs get no token", async () => {
  const server = await scripted(known(), served());
  const seen = [];
  const blob = await new AssetClient(server.url, "t").download("a1", { onProgress: (progress) => seen.push(progress) });
  assert.deepEqual([blob.type, Buffer.from(await blob.arrayBuffer())], ["image/png", BYTES]);
  assert.deepEqual(asked(server), ["GET /api/v2/assets/a1/metadata", "GET /api/v2/assets/a1"]);
  assert.equal(server.requests[1].headers.authorization, undefined);
  assert.deepEqual(seen.at(-1), { loaded: BYTES.length, total: BYTES.length });
});

test("a download resumes after a lost connection", async () => {
  const server = await scripted(known(), cut(5), problem(503), rest(5));
  const blob = await new AssetClient(server.url, "t").download(`${server.url}/api/v2/assets/a1`);
  assert.deepEqual(Buffer.from(await blob.arrayBuffer()), BYTES);
  const { range, "if-range": condition } = server.requests[3].headers;
  assert.deepEqual([range, condition], ["bytes=5-", '"e1"']);
});

test("a server that ignores the range is read again up to the missing bytes", async () => {
  const server = await scripted(known(), cut(5), served());
  const blob = await new AssetClient(server.url, "t").download("a1");
  assert.deepEqual(Buffer.from(await blob.arrayBuffer()), BYTES);
});

for (const [what, resumed, message] of [
  ["another file", reply(200, BYTES, { ...HEADERS, etag: '"e2"' }), /changed during its download/],
  ["another range", rest(6, { "content-range": "bytes 6-21/22" }), /another range/],
  ["nothing", problem(404), /detail 404/],
]) {
  test(`resuming a download with ${what} is an error`, async () => {
    const server = await scripted(known(), cut(5), resumed);
    await assert.rejects(new AssetClient(server.url, "t").download("a1"), message);
  });
}

test("repeated losses without progress are an error that states the bytes received", async () => {
  const server = await scripted(known(), cut(5), cutAfter(0, rest(5)), cutAfter(0, rest(5)), cutAfter(0, rest(5)));
  await assert.rejects(new AssetClient(server.url, "t", { retries: 2 }).download("a1"), { status: 0, detail: /lost after 5 bytes/ });
});

for (const [what, metadata] of [["other bytes", { sha256: "0".repeat(64) }], ["another size", { size_bytes: 5 }]]) {
  test(`${what} than the asset's is an error`, async () => {
    const server = await scripted(known(metadata), served());
    await assert.rejects(new AssetClient(server.url, "t").download("a1"), { detail: /do not match/ });
  });
}

test("another owner's public asset is downloaded without its metadata", async () => {
  const server = await scripted(problem(404), served());
  assert.equal((await new AssetClient(server.url, "t").download("a1")).size, BYTES.length);
});

test("a private asset and its renditions are downloaded by a signed URL", async () => {
  const isPrivate = known({ visibility: "private" });
  const signed = ({ headers }) => reply(200, { success: true, url: `http://${headers.host}/signed?s=1` });
  const server = await scripted(isPrivate, signed, served(), isPrivate, signed, served());
  const client = new AssetClient(server.url, "t");
  await client.download("a1");
  await client.download("a1", { rendition: "w160.webp" });
  assert.deepEqual(asked(server).slice(1, 3), ["POST /api/v2/assets/a1/signed-url", "GET /signed?s=1"]);
  assert.deepEqual(JSON.parse(server.requests[4].body), { expires_in: 3600, rendition: "w160.webp" });
  assert.equal(server.requests[5].headers.authorization, undefined);
});

test("rendition URLs, signed URLs and URLs of other hosts are fetched as they are", async () => {
  const server = await scripted(known(), served(), served());
  const client = new AssetClient(server.url, "t");
  await client.download(`${server.url}/api/v2/assets/a1/w160.webp`);
  await client.download(`${server.url}/api/v2/assets/a1?signature=x`);
  assert.deepEqual(asked(server).slice(1), ["GET /api/v2/assets/a1/w160.webp", "GET /api/v2/assets/a1?signature=x"]);
});

test("a signed URL lasts for an hour by default, or as long as requested", async () => {
  const response = { success: true, url: "u", expires_at: "2026-01-01T00:00:00Z" };
  const server = await scripted(reply(200, response), reply(200, response));
  const client = new AssetClient(server.url, "t");
  assert.equal(await client.signedUrl("a1"), "u");
  await client.signedUrl("a1", { expiresIn: 60, rendition: "w160.webp" });
  assert.deepEqual(server.requests.map(({ body }) => JSON.parse(body)), [{ expires_in: 3600 }, { expires_in: 60, rendition: "w160.webp" }]);
});

test("a stream yields the bytes, and fails at the end if the checksum differs", async () => {
  const server = await scripted(known(), cut(5), rest(5), known({ sha256: "0".repeat(64) }), served());
  const client = new AssetClient(server.url, "t");
  assert.deepEqual(Buffer.from(await new Response(await client.stream("a1")).arrayBuffer()), BYTES);
  const wrong = (await client.stream("a1")).getReader();
  assert.deepEqual(Buffer.from((await wrong.read()).value), BYTES);
  await assert.rejects(wrong.read(), /do not match/);
});

test("canceling a stream ends its request", async () => {
  const server = await scripted(known(), cutAfter(5, served(), { andHang: true }));
  const stream = await new AssetClient(server.url, "t").stream("a1");
  const reader = stream.getReader();
  assert.equal((await reader.read()).value.length, 5);
  await reader.cancel();
  await server.requests[1].closed;
});

test("an aborted download ends with the signal's reason", async () => {
  const server = await scripted(known(), cutAfter(5, served(), { andHang: true }));
  const controller = new AbortController();
  const onProgress = () => controller.abort(new Error("enough"));
  const download = new AssetClient(server.url, "t").download("a1", { signal: controller.signal, onProgress });
  await assert.rejects(download, { message: "enough" });
});

test("a download to a file replaces one only with overwrite, and leaves nothing if it fails", async (t) => {
  const to = join(folder(t), "b.png");
  const server = await scripted(known(), served(), known(), served(), known({ size_bytes: 1 }), served());
  const client = new AssetClient(server.url, "t");
  assert.equal(await client.download("a1", { to }), to);
  assert.deepEqual(readFileSync(to), BYTES);
  writeFileSync(to, "mine");
  await assert.rejects(client.download("a1", { to }), { code: "EEXIST" });
  assert.equal(readFileSync(to, "utf8"), "mine");
  await client.download("a1", { to, overwrite: true });
  assert.deepEqual(readFileSync(to), BYTES);
  await assert.rejects(client.download("a1", { to: join(to, "..", "c.png") }), /do not match/);
  assert.deepEqual(readdirSync(join(to, "..")), ["b.png"]);
});

test("a download to a folder uses the asset's name, numbered if it exists", async (t) => {
  const to = folder(t);
  const server = await scripted(known(), served(), problem(404), served());
  const client = new AssetClient(server.url, "t");
  assert.equal(await client.download("a1", { to }), join(to, "pé.png"));
  assert.equal(await client.download("a1", { to }), join(to, "pé (1).png"));
});

test("a path that ends with a slash is a folder, which is created if missing", async (t) => {
  const to = folder(t);
  const server = await scripted(known(), served(), known(), served(), known());
  const client = new AssetClient(server.url, "t");
  assert.equal(await client.download("a1", { to: `${to}/photos/summer/` }), join(to, "photos", "summer", "pé.png"));
  assert.equal(await client.download("a1", { to: `${to}/photos/summer/` }), join(to, "photos", "summer", "pé (1).png"));
  writeFileSync(join(to, "file"), "mine");
  await assert.rejects(client.download("a1", { to: `${to}/file/` }), { code: "ENOTDIR" });
});

for (const [name, type, safe] of [
  ["photo.jpg", "image/jpeg", "photo.jpg"],
  ["../../etc/passwd", "image/png", "passwd.png"],
  ["..\\..\\x.PNG", "image/png", "x.PNG"],
  [".bashrc", "image/png", "bashrc.png"],
  ["a\u202egnp.exe", "image/png", "agnp.exe.png"],
  ["con.mp4", "video/mp4", "download-con.mp4"],
  ["", "video/quicktime", "download.mov"],
  ["a:b?.gif", "image/gif", "a_b_.gif"],
  ["page.html", "text/html", "page.html.bin"],
  [`${"é".repeat(200)}.png`, "image/png; x=1", `${"é".repeat(117)}.png`],
]) {
  test(`${JSON.stringify(name.slice(0, 20))} of type ${type} is written as ${safe.slice(0, 20)}`, () => {
    assert.equal(safeName(name, type), safe);
  });
}
