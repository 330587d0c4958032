import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { pathToFileURL } from "node:url";

import { AssetClient } from "../src/index.js";
import { reply, scripted } from "./scripted-server.mjs";
import { POSTED, PUBLISHED, UPLOADED, formResponse, formDataOf } from "./uploading.mjs";

const BYTES = new Uint8Array([0x89, 0x50, 0x4e, 0x47]);
const folder = mkdtempSync(join(tmpdir(), "sources-"));
after(() => rmSync(folder, { recursive: true }));
const PATH = join(folder, "a photo.png");
writeFileSync(PATH, BYTES);

async function* inPieces() {
  yield BYTES.subarray(0, 1);
  yield BYTES.subarray(1);
}

const named = { filename: "a photo.png" };
for (const [what, source, options] of [
  ["a path", PATH, {}],
  ["a URL of a file", pathToFileURL(PATH), {}],
  ["a Buffer", Buffer.from(BYTES), named],
  ["a Uint8Array", BYTES, named],
  ["an ArrayBuffer", BYTES.buffer, named],
  ["a ReadableStream", new Blob([BYTES]).stream(), { ...named, size: 4 }],
  ["an async iterable", inPieces(), { ...named, size: 4 }],
]) {
  test(`uploads ${what}`, async () => {
    const server = await scripted(reply(201, UPLOADED));
    await new AssetClient(server.url, "t").upload(source, options);
    const sent = (await formDataOf(server.requests[0])).get("file");
    assert.deepEqual([sent.name, sent.type, new Uint8Array(await sent.arrayBuffer())], ["a photo.png", "image/png", BYTES]);
  });
}

test("a path of more than 4 MiB is uploaded by form, under another name if given", async () => {
  const path = join(folder, "clip.mp4");
  writeFileSync(path, new Uint8Array(4 * 1024 * 1024 + 1));
  const server = await scripted(formResponse, POSTED, PUBLISHED);
  await new AssetClient(server.url, "t").upload(path, { filename: "other.mp4" });
  assert.equal(JSON.parse(server.requests[0].body).filename, "other.mp4");
  assert.equal((await formDataOf(server.requests[1])).get("file").size, 4 * 1024 * 1024 + 1);
});

for (const [what, source, options, message] of [
  ["undefined", undefined, {}, /: A file is a File, Blob, .* this is undefined$/],
  ["an array", [1], {}, /this is an array/],
  ["null", null, {}, /this is null/],
  ["bytes without a name", BYTES, {}, /needs the option "filename"/],
  ["a stream without a size", inPieces(), named, /needs the option "size"/],
  ["a stream that is shorter", inPieces(), { ...named, size: 5 }, /ended after 4 bytes; its size was given as 5/],
  ["a stream that is longer", inPieces(), { ...named, size: 3 }, /continues after 3 bytes/],
  ["a stream of text", new Blob(["x"]).stream().pipeThrough(new TextDecoderStream()), { ...named, size: 1 }, /Uint8Arrays/],
  ["a folder", folder, {}, /is not a file/],
  ["a file that is not there", join(folder, "none.png"), {}, /ENOENT/],
  ["a web address", "https://example.com/a.png", {}, /importUrl/],
]) {
  test(`refuses ${what} as a file, without a request`, async () => {
    const server = await scripted();
    await assert.rejects(new AssetClient(server.url, "t").upload(source, options), message);
    assert.equal(server.requests.length, 0);
  });
}
