import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";

import { AssetClient } from "../src/index.js";
import { problem, reply, scripted } from "./scripted-server.mjs";

beforeEach(() => mock.method(Math, "random", () => 0));

const EMPTY = reply(200, { success: true, assets: [], next_cursor: null });
const authorizations = ({ requests }) => requests.map(({ headers }) => headers.authorization);

for (const suffix of ["", "/", "/api/v2", "/api/v2/", "//"]) {
  test(`the base URL may end with "${suffix}"`, async () => {
    const server = await scripted(EMPTY);
    await new AssetClient(server.url + suffix, "t").listAssets();
    assert.equal(server.requests[0].path, "/api/v2/assets?limit=50&offset=0");
  });
}

for (const address of ["localhost:8000", "example.com", "ftp://example.com", "", " ", undefined, null, 5, "https://u:p@h", "https://h?a", "https://h#a"]) {
  test(`${JSON.stringify(address)} is not a base URL`, () => {
    assert.throws(() => new AssetClient(address, "t"), { name: "TypeError", message: /^The API's address must look like https:/ });
  });
}

for (const token of [undefined, null, 5, {}]) {
  test(`${token} is not a token`, () => {
    assert.throws(() => new AssetClient("https://h", token), { name: "TypeError", message: /^The token must be a string, or a function/ });
  });
}

for (const source of ["🎉", "a\nb", () => "🎉"]) {
  test(`a token with characters that no header may contain is refused: ${JSON.stringify(`${source}`)}`, async () => {
    const list = async () => new AssetClient("http://127.0.0.1:1", source).listAssets();
    await assert.rejects(list, { name: "TypeError", message: "The token has characters that no token can have" });
  });
}

test("anything but an id or a URL is refused without a request", async () => {
  const client = new AssetClient("http://127.0.0.1:1", "t");
  for (const wrong of [undefined, null, "", {}, 5]) {
    for (const method of ["get", "update", "delete", "signedUrl", "download", "stream"]) {
      await assert.rejects(client[method](wrong, {}), { name: "TypeError", message: /by its id or URL/ }, method);
    }
    for (const method of ["getJob", "cancelJob", "waitForJob"]) {
      await assert.rejects(client[method](wrong), { name: "TypeError", message: /by its id/ }, method);
    }
  }
});

test("a token function is called once for many requests", async () => {
  const server = await scripted(EMPTY, EMPTY, EMPTY);
  let issued = 0;
  const client = new AssetClient(server.url, async () => `t${(issued += 1)}`);
  await Promise.all([client.listAssets(), client.listAssets()]);
  await client.listAssets();
  assert.deepEqual(authorizations(server), ["Bearer t1", "Bearer t1", "Bearer t1"]);
});

test("a refused token is renewed once for concurrent requests", async () => {
  let issued = 0;
  const response = ({ headers }) => (headers.authorization === "Bearer t1" ? problem(401) : EMPTY);
  const server = await scripted(response, response, response, response);
  const client = new AssetClient(server.url, () => `t${(issued += 1)}`);
  await Promise.all([client.listAssets(), client.listAssets()]);
  assert.equal(issued, 2);
  assert.deepEqual(authorizations(server).toSorted(), ["Bearer t1", "Bearer t1", "Bearer t2", "Bearer t2"]);
});

test("a renewed token that is refused is an error", async () => {
  const server = await scripted(problem(401), problem(401), EMPTY);
  await assert.rejects(new AssetClient(server.url, () => "t").listAssets(), { status: 401 });
  assert.equal(server.requests.length, 2);
});

test("a failed token function is called again by the next request", async () => {
  const server = await scripted(EMPTY);
  const issue = mock.fn(() => "t");
  issue.mock.mockImplementationOnce(() => Promise.reject(new Error("sign in first")));
  const client = new AssetClient(server.url, issue);
  await assert.rejects(client.listAssets(), { message: "sign in first" });
  await client.listAssets();
  assert.deepEqual(authorizations(server), ["Bearer t"]);
});

test("a refused token string is not sent again", async () => {
  const server = await scripted(problem(401));
  await assert.rejects(new AssetClient(server.url, "t").listAssets(), { status: 401 });
  assert.equal(server.requests.length, 1);
});
