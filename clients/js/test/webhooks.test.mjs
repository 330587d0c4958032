/** By the vector that the Standard Webhooks libraries publish in their own tests. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { WebhookNotVerifiedError, verifyWebhook } from "../src/webhooks.js";

const SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const OTHER = "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
const BODY = '{"test": 2432232314}';
const HEADERS = {
  "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
  "webhook-timestamp": "1614265330",
  "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
};
const AT = { now: 1614265330 };
const { "webhook-signature": SIGNATURE } = HEADERS;

for (const [name, body, headers, secret] of [
  ["as text", BODY, HEADERS, SECRET],
  ["as bytes, with Headers", new TextEncoder().encode(BODY), new Headers(HEADERS), SECRET],
  ["with header names in another case", BODY, Object.fromEntries(Object.entries(HEADERS).map(([k, v]) => [k.toUpperCase(), v])), SECRET],
  ["with several signatures", BODY, { ...HEADERS, "webhook-signature": `v1,AAAA v1a,x v2,y v1,* ${SIGNATURE}` }, SECRET],
  ["with several secrets", BODY, HEADERS, [OTHER, SECRET]],
]) {
  test(`the published vector verifies ${name}`, async () => {
    assert.deepEqual(await verifyWebhook(body, headers, secret, AT), { test: 2432232314 });
  });
}

for (const [name, change, message] of [
  ["another id", { "webhook-id": "msg_other" }, /No signature/],
  ["another time", { "webhook-timestamp": "1614265331" }, /No signature/],
  ["an old time", { "webhook-timestamp": "1614265000" }, /more than 300 s/],
  ["a time to come", { "webhook-timestamp": "1614265700" }, /more than 300 s/],
  ["no number as time", { "webhook-timestamp": "1614265330x" }, /not a number/],
  ["another version", { "webhook-signature": SIGNATURE.replace("v1", "v2") }, /No signature/],
  ["an empty signature", { "webhook-signature": "v1," }, /No signature/],
  ["no signature", { "webhook-signature": undefined }, /no webhook-signature/],
]) {
  test(`refuses ${name}`, async () => {
    await assert.rejects(verifyWebhook(BODY, { ...HEADERS, ...change }, SECRET, AT), (error) => {
      assert.ok(error instanceof WebhookNotVerifiedError);
      assert.match(error.message, message);
      return true;
    });
  });
}

test("refuses another body and another secret", async () => {
  await assert.rejects(verifyWebhook(`${BODY} `, HEADERS, SECRET, AT), WebhookNotVerifiedError);
  await assert.rejects(verifyWebhook(BODY, HEADERS, OTHER, AT), WebhookNotVerifiedError);
  await assert.rejects(verifyWebhook(BODY, HEADERS, [], AT), WebhookNotVerifiedError);
});

test("a malformed secret is a TypeError", async () => {
  for (const secret of ["", "whsec_", "whsec_*"]) await assert.rejects(verifyWebhook(BODY, HEADERS, secret, AT), TypeError);
});
