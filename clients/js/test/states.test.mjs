/** What a browser keeps of an unfinished upload, with stand-ins for its storage. */

import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";

const STATE = { asset_id: "a", id: "u", part_size: 1, part_count: 1, expires_at: "2999-01-01T00:00:00Z" };

class FakeStorage {
  getItem(key) {
    return this[key] ?? null;
  }
  setItem(key, value) {
    this[key] = value;
  }
  removeItem(key) {
    delete this[key];
  }
}

let loads = 0;
/** The states as a page sees them that was just loaded: nothing is left in memory. */
const reloaded = async () => (await import(`../src/states.js?${(loads += 1)}`)).statesIn();

beforeEach(() => {
  globalThis.document = {};
  Object.defineProperty(globalThis, "localStorage", { value: new FakeStorage(), configurable: true, writable: true });
});
afterEach(() => {
  delete globalThis.document;
  delete globalThis.localStorage;
});

test("a state survives a reload until it is removed", async () => {
  await (await reloaded()).set("k", STATE);
  const states = await reloaded();
  assert.deepEqual(await states.get("k"), STATE);
  await states.set("k", null);
  assert.deepEqual(Object.keys(localStorage), []);
  assert.equal(await states.get("k"), undefined);
});

test("expired and invalid states are removed; foreign entries stay", async () => {
  Object.assign(localStorage, {
    "asset-upload:old": JSON.stringify({ ...STATE, expires_at: "2020-01-01T00:00:00Z" }), "asset-upload:odd": "{", theirs: "{",
  });
  const states = await reloaded();
  assert.equal(await states.get("odd"), undefined);
  await states.set("new", STATE);
  assert.deepEqual(Object.keys(localStorage).toSorted(), ["asset-upload:new", "theirs"]);
});

test("an upload has the state of the file that used it last", async () => {
  await (await reloaded()).set("older", STATE);
  const states = await reloaded();
  await states.set("newer", STATE);
  assert.equal(await states.get("older"), undefined);
  assert.deepEqual(await states.get("newer"), STATE);
});

test("an outdated state does not replace the current one", async () => {
  await (await reloaded()).set("k", STATE);
  const setItem = localStorage.setItem;
  localStorage.setItem = () => {
    throw new DOMException("full", "QuotaExceededError");
  };
  await (await reloaded()).set("k", { ...STATE, etags: { 1: "e" } });
  localStorage.setItem = setItem;
  assert.deepEqual(await (await reloaded()).get("k"), STATE);
});

test("without usable storage, states last as long as the page", async () => {
  localStorage.setItem = () => {
    throw new DOMException("full", "QuotaExceededError");
  };
  const states = await reloaded();
  await states.set("k", STATE);
  assert.deepEqual(await states.get("k"), STATE);
  Object.defineProperty(globalThis, "localStorage", { get: () => assert.fail("denied"), configurable: true });
  const denied = await reloaded();
  await denied.set("k", STATE);
  assert.deepEqual(await denied.get("k"), STATE);
});
