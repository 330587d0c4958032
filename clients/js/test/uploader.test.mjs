import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { afterEach, beforeEach, mock, test } from "node:test";
import { minify } from "terser";
import { filesIn } from "../src/uploader/folders.js";
import { Queue } from "../src/uploader/queue.js";
import { bytesIn, kindsIn, refusal } from "../src/uploader/rules.js";
import { size, STRINGS } from "../src/uploader/strings.js";

const MODULES = ["uploader.js", ...["camera", "folders", "queue", "rules", "strings", "style", "view"].map((name) => `uploader/${name}.js`)];
const image = (name, size = 10, type = "image/png") => new File([new Uint8Array(size)], name, { type });
const failure = (status, more = {}) => Object.assign(new Error(`status ${status}`), { status, ...more });
const settled = () => new Promise((resolve) => setImmediate(resolve));

beforeEach(() => mock.timers.enable({ apis: ["setTimeout", "Date"] }));
afterEach(() => mock.timers.reset());

/** A queue whose uploads end as the test says, by file name. */
function queueOf() {
  const sent = {};
  const queue = new Queue((file, sending) => new Promise((resolve, reject) => (sent[file.name] = { resolve, reject, ...sending })), () => {});
  return { queue, sent, states: () => queue.items.map(({ state }) => state) };
}

test("the element is under 20 kB when minified, before compression", async () => {
  const sizes = await Promise.all(MODULES.map(async (name) => (await minify(await readFile(new URL(`../src/${name}`, import.meta.url), "utf8"), { module: true })).code.length));
  assert.ok(sizes.reduce((sum, size) => sum + size) < 20_000, `${sizes}`);
});

test("sizes parse in bytes or with a unit", () => {
  assert.deepEqual(["5MB", "1.5 kB", "10", " 2 gb ", "much", "", null].map(bytesIn), [5 * 1024 ** 2, 1536, 10, 2 * 1024 ** 3, 0, 0, 0]);
});

test("sizes are shown in the units that attributes use", () => {
  assert.deepEqual([10, 1536, 52_428_800, 1024 ** 3].map(size), ["10 B", "1.5 kB", "50 MB", "1.0 GB"]);
});

test("file types are described in words", () => {
  assert.equal(kindsIn(".jpg, image/png,video/*"), "jpg, png, videos");
  assert.match(kindsIn(null), /jpg.*mov/);
});

test("files are refused by type and size", () => {
  const reason = (file, accept = null, maxBytes = 0) => refusal(file, accept, maxBytes, STRINGS);
  assert.equal(reason(image("a.png")), "");
  assert.equal(reason(image("a.PNG"), ".png"), "");
  assert.equal(reason(image("a.png"), "image/*"), "");
  assert.equal(reason(image("a.png", 10, ""), "image/png"), "");
  assert.equal(reason(image("a.png"), "video/*,.gif"), STRINGS.wrongType("videos, gif"));
  assert.equal(reason(image("a.png", 11), null, 10), STRINGS.tooLarge(10));
  assert.equal(reason(image("a.png", 0)), STRINGS.empty);
  assert.match(reason(image("a.txt", 1, "text/plain")), /not supported/);
});

/** A dropped folder as browsers present it, two entries at a time. */
function entryOf(name, content) {
  if (!Array.isArray(content)) return { name, isFile: true, file: (resolve, reject) => (content ? resolve(content) : reject(new Error("gone"))) };
  const createReader = () => {
    const left = [...content];
    return { readEntries: (resolve) => resolve(left.splice(0, 2)) };
  };
  return { name, isDirectory: true, createReader };
}

test("a folder's files are sorted by name, recursively, without hidden ones", async () => {
  const folder = entryOf("photos", [
    entryOf("c.png", image("c.png")), entryOf(".DS_Store", image(".DS_Store")), entryOf("b", [entryOf("2.png", image("2.png")), entryOf("1.png", image("1.png"))]),
    entryOf("a.png", image("a.png")), entryOf(".git", [entryOf("x.png", image("x.png"))]), entryOf("empty", []),
  ]);
  assert.deepEqual((await filesIn([folder])).map(({ name }) => name), ["a.png", "1.png", "2.png", "c.png"]);
});

test("unreadable entries and empty folders become empty files, and do not stop others", async () => {
  const locked = { name: "locked", isDirectory: true, createReader: () => ({ readEntries: (resolve, reject) => reject(new Error("locked")) }) };
  const photos = entryOf("photos", [entryOf("a.png", image("a.png")), entryOf("gone.png", null), locked, entryOf("z.png", image("z.png"))]);
  const files = await filesIn([photos, entryOf("empty", []), entryOf("single.png", image("single.png"))]);
  assert.deepEqual(files.map(({ name, size: bytes }) => [name, bytes]),
    [["a.png", 10], ["gone.png", 0], ["locked", 0], ["z.png", 10], ["empty", 0], ["single.png", 10]]);
});

test("a queue is active while a folder is read, and its files form one batch", async () => {
  const { queue, sent } = queueOf();
  queue.walks += 1;
  assert.equal(queue.isActive, true);
  queue.add(image("1.png"));
  queue.walks -= 1;
  sent["1.png"].resolve({ asset_id: "1" });
  await settled();
  assert.equal(queue.isActive, false);
  queue.walks += 1;
  queue.add(image("2.png"));
  assert.equal(queue.totals.count, 1);
});

test("three files are sent at a time, and the next when one ends", async () => {
  const { queue, sent, states } = queueOf();
  for (const name of ["1.png", "2.png", "3.png", "4.png"]) queue.add(image(name));
  assert.deepEqual(states(), ["sending", "sending", "sending", "waiting"]);
  sent["2.png"].resolve({ asset_id: "2" });
  await settled();
  assert.deepEqual(states(), ["sending", "done", "sending", "sending"]);
  assert.deepEqual(queue.totals, { count: 4, done: 1, loaded: 10, total: 40, until: 0 });
});

test("nothing is sent before the rate limit allows it", async () => {
  const { queue, sent, states } = queueOf();
  queue.add(image("1.png"));
  sent["1.png"].onWait({ status: 429, seconds: 40 });
  queue.add(image("2.png"));
  assert.equal(queue.totals.until, Date.now() + 40_000);
  assert.deepEqual(states(), ["sending", "waiting"]);
  mock.timers.tick(40_000);
  assert.deepEqual(states(), ["sending", "sending"]);
  assert.equal(queue.totals.until, 0);
});

test("a file refused by the rate limit returns to the queue with its key", async () => {
  const { queue, sent, states } = queueOf();
  queue.add(image("1.png"));
  const key = sent["1.png"].idempotencyKey;
  sent["1.png"].reject(failure(429, { retryAfter: 30 }));
  await settled();
  assert.deepEqual(states(), ["waiting"]);
  mock.timers.tick(30_000);
  assert.deepEqual(states(), ["sending"]);
  assert.equal(sent["1.png"].idempotencyKey, key);
});

test("a retry is offered only if it may help", async () => {
  for (const [status, helps] of [[0, true], [undefined, true], [401, true], [503, true], [400, false], [403, false], [422, false]]) {
    const { queue, sent } = queueOf();
    queue.add(image("1.png"));
    sent["1.png"].reject(failure(status));
    await settled();
    assert.equal(queue.items[0].canRetry, helps, `${status}`);
  }
  const { queue } = queueOf();
  queue.add(image("1.png"), { refusal: "no" });
  assert.equal(queue.items[0].canRetry, false);
});

test("a canceled upload is aborted, ignores late events, and can be restarted", async () => {
  const { queue, sent, states } = queueOf();
  queue.add(image("1.png"));
  const first = sent["1.png"];
  queue.cancel(queue.items[0]);
  assert.equal(first.signal.aborted, true);
  queue.start(queue.items[0]);
  first.resolve({ asset_id: "late" });
  await settled();
  assert.deepEqual([states(), queue.items[0].asset], [["sending"], null]);
  queue.remove(queue.items[0]);
  assert.deepEqual([queue.items, queue.isActive, queue.totals.count], [[], false, 0]);
});

test("on a server the module loads and defines nothing", async () => {
  const { AssetUploader } = await import("../src/uploader.js");
  assert.equal(typeof AssetUploader, "function");
});
