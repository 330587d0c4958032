import assert from "node:assert/strict";
import { test } from "node:test";

import { UploadPace } from "../src/pacing.js";

const response = (status, headers = {}) => ({ status, text: "", header: (name) => headers[name] ?? null });
const stated = (quota, remaining, seconds) => response(201, {
  "ratelimit-policy": `"uploads";q=${quota};w=60`, ratelimit: `"uploads";r=${remaining};t=${seconds}`,
});

/** A pace with a clock that the test sets. */
function paceAt0() {
  const clock = { now: 0 };
  const pace = new UploadPace(() => clock.now);
  let key = 0;
  return {
    clock, pace,
    /** Sends as many uploads as the pace allows at once, one after another. @returns {number} */
    burst(responseOf, most = 5000) {
      let sent = 0;
      while (sent < most && pace.take(`${(key += 1)}`) === 0) pace.responded(`${key}`, responseOf((sent += 1)));
      return sent;
    },
  };
}

test("the first request is sent alone, and its response states the quota", () => {
  const { pace, burst } = paceAt0();
  assert.equal(pace.take("first"), 0);
  assert.ok(pace.take("second") > 0);
  pace.responded("first", stated(100, 99, 60));
  assert.equal(burst((sent) => stated(100, 99 - sent, 60)), 99);
});

test("a small quota is respected, and its slots are free again after a window", () => {
  const { clock, pace, burst } = paceAt0();
  assert.equal(burst((sent) => stated(3, 3 - sent, 60)), 3);
  assert.equal(pace.take("next"), 60_000);
  clock.now = 60_000;
  assert.equal(burst((sent) => stated(3, 3 - sent, 60)), 3);
});

test("without headers, the pace is ten uploads a minute", () => {
  const { clock, pace, burst } = paceAt0();
  assert.equal(burst(() => response(201)), 10);
  assert.equal(pace.take("next"), 60_000);
  clock.now = 60_000;
  assert.equal(burst(() => response(201)), 10);
});

test("uploads of other clients are taken into account before they cause a 429", () => {
  const { clock, pace } = paceAt0();
  pace.take("a");
  pace.responded("a", stated(10, 2, 20));
  assert.deepEqual([pace.take("b"), pace.take("c")], [0, 0]);
  assert.ok(pace.take("d") > 0, "b and c may be the last ones");
  pace.responded("b", stated(10, 0, 20));
  pace.responded("c", stated(10, 0, 20));
  assert.equal(pace.take("d"), 20_000);
  clock.now = 20_000;
  assert.equal(pace.take("d"), 0, "one is free now");
  assert.ok(pace.take("e") > 0, "and no more, as far as it is known");
  pace.responded("d", stated(10, 3, 20));
  assert.deepEqual([pace.take("e"), pace.take("f"), pace.take("g")], [0, 0, 0]);
  assert.ok(pace.take("h") > 0);
});

test("a refused upload is not counted, and waits as long as Retry-After says", () => {
  const { clock, pace } = paceAt0();
  pace.take("a");
  pace.responded("a", response(429, { "ratelimit-policy": '"uploads";q=1;w=60', "retry-after": "7" }));
  assert.equal(pace.take("a"), 7000);
  clock.now = 7000;
  assert.equal(pace.take("a"), 0);
});

test("a retry keeps the slot of its upload", () => {
  const { pace, burst } = paceAt0();
  for (let attempt = 0; attempt < 20; attempt += 1) {
    assert.equal(pace.take("lost"), 0);
    pace.responded("lost", attempt % 2 ? null : response(503));
  }
  assert.equal(burst(() => response(201)), 9);
});

const ABSURD = {
  "no numbers": ['"uploads";q=many;w=soon', '"uploads";r=;t'],
  "zeros": ['"uploads";q=0;w=0', '"uploads";r=0;t=0'],
  "negative": ['"uploads";q=-1;w=-60', '"uploads";r=-1;t=-1'],
  "fractions": ['"uploads";q=1.5;w=0.1', '"uploads";r=0.5;t=1e9'],
  "huge": ['"uploads";q=999999999999999;w=999999999999999', '"uploads";r=0;t=999999999999999'],
  "longer than any number": [`"uploads";q=${"9".repeat(5000)}`, `"uploads";r=0;t=${"9".repeat(5000)}`],
  "other limits": ['"default";q=1;w=3600', '"default";r=0;t=3600'],
  "garbage": ["\u0000;;;,\"\"=", '"uploads";;;;"uploads'],
  "repetitive": [`"uploads"${"; a".repeat(10_000)}!`, `${'"'.repeat(30_001)}`],
};
for (const [name, [policy, current]] of Object.entries(ABSURD)) {
  test(`absurd headers do not stop uploads: ${name}`, () => {
    const { clock, pace, burst } = paceAt0();
    let sent = 0;
    for (let step = 0; step < 5; step += 1) {
      sent += burst(() => response(201, { "ratelimit-policy": policy, ratelimit: current }), 20);
      const wait = pace.take(`probe ${step}`);
      assert.ok(wait >= 0 && wait <= 90_000, `${wait}`);
      clock.now += wait;
    }
    assert.ok(sent >= 4, `${sent}`);
  });
}

test("several limits in one header are distinguished", () => {
  const { burst } = paceAt0();
  const both = response(201, { "ratelimit-policy": '"burst";q=1;w=1, "uploads" ; w=60 ;q=30;pk=:YQ==:', ratelimit: '"burst";r=0;t=1, "uploads";t=60;r=29' });
  assert.equal(burst(() => both, 100), 30);
});
