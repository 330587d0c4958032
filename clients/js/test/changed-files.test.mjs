import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { chmodSync, closeSync, mkdtempSync, openSync, rmSync, statSync, utimesSync, writeFileSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, beforeEach, mock, test } from "node:test";

import { AssetClient } from "../src/index.js";
import { partServer } from "./part-server.mjs";
import { DROP, problem, reply, scripted } from "./scripted-server.mjs";

beforeEach(() => mock.method(Math, "random", () => 0));

const MIB = 1024 * 1024;
const BYTES = randomBytes(5 * MIB + 1);
const folder = mkdtempSync(join(tmpdir(), "changed-"));
after(() => rmSync(folder, { recursive: true }));
let files = 0;

/** A file with a round modification time, which `utimes` can restore exactly. */
function clip() {
  const path = join(folder, `${(files += 1)}.mp4`);
  writeFileSync(path, BYTES);
  utimesSync(path, 1, 1);
  return path;
}

/** Changes the first byte, but neither the size nor the modification time. */
function changeInSecret(path) {
  const changedAt = () => statSync(path, { bigint: true }).ctimeNs;
  const before = changedAt();
  const file = openSync(path, "r+");
  writeSync(file, Buffer.from([BYTES[0] ^ 1]), 0, 1, 0);
  closeSync(file);
  // The clock of the file system may be coarse.
  do utimesSync(path, 1, 1);
  while (changedAt() === before);
}

/** Acts once the last part has arrived. */
const afterLastPart = (act) => (request, { sent }) => {
  if (request.method === "PUT" && sent.length === 5) act();
};

test("a file that changes during its upload and keeps its size and time is an error", async () => {
  const path = clip();
  const server = await partServer({ partSize: MIB, fail: afterLastPart(() => changeInSecret(path)) });
  const client = new AssetClient(server.url, "t");
  await assert.rejects(client.upload(path, { resumable: true }), { status: 400, detail: "The file changed during its upload" });
  assert.ok(!server.state.uploads.get("u1").isCompleted);
  await client.upload(path, { resumable: true });
  assert.equal(server.state.begun, 2, "the upload of the old bytes does not go on");
  assert.equal(server.bytes("u2")[0], BYTES[0] ^ 1);
});

test("a file whose permissions change during its upload is uploaded", async () => {
  const path = clip();
  const server = await partServer({ partSize: MIB, fail: afterLastPart(() => chmodSync(path, 0o600)) });
  await new AssetClient(server.url, "t").upload(path, { resumable: true });
  assert.ok(server.bytes("u1").equals(BYTES));
  assert.equal(server.state.sent.length, 6);
});

test("a file that disappears after its last part is an error", async () => {
  const path = clip();
  const server = await partServer({ partSize: MIB, fail: afterLastPart(() => rmSync(path)) });
  await assert.rejects(new AssetClient(server.url, "t").upload(path, { resumable: true }), { status: 400 });
  assert.ok(!server.state.uploads.get("u1").isCompleted);
});

test("a resumed upload sends changed parts again even if size and time are the same", async () => {
  const path = clip();
  const pause = new AbortController();
  const fail = (request, { sent }) => (request.method === "PUT" && sent.length === 5 ? (pause.abort(new Error("paused")), DROP) : undefined);
  const server = await partServer({ partSize: MIB, fail: (...all) => (pause.signal.aborted ? undefined : fail(...all)) });
  const client = new AssetClient(server.url, "t");
  await assert.rejects(client.upload(path, { resumable: true, signal: pause.signal }), { message: "paused" });
  changeInSecret(path);
  const [missing] = [1, 2, 3, 4, 5, 6].filter((number) => !server.state.sent.includes(number));
  await client.upload(path, { resumable: true });
  assert.deepEqual(server.state.sent.slice(5).toSorted(), [...new Set([1, missing])].toSorted());
  assert.equal(server.bytes("u1")[0], BYTES[0] ^ 1);
});

for (const [what, change] of [["changes", (path) => writeFileSync(path, "other")], ["disappears", (path) => rmSync(path)]]) {
  test(`a file that ${what} between two attempts is a file error, and is not sent again`, async () => {
    const path = join(folder, "a.png");
    writeFileSync(path, "a picture");
    const refuse = () => (change(path), problem(503));
    const server = await scripted(refuse, reply(201, {}), reply(201, {}));
    const detail = "The file changed or disappeared during its upload";
    await assert.rejects(new AssetClient(server.url, "t").upload(path), { name: "AssetApiError", status: 400, detail });
  });
}
