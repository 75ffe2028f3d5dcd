import assert from "node:assert/strict";
import { test } from "node:test";
import { ModelError } from "../../errors.ts";
import { retryAfterMs } from "./http-failure.ts";
import { waitBefore } from "./wait-before.ts";

const failed = new ModelError("model_failed", "it failed");
const half = () => 0;
const whole = () => 1;

function answer(status: number, headers: Record<string, string> = {}): Error {
  return Object.assign(new Error("answered"), { status, headers: new Headers(headers) });
}

test("waitBefore grows with each attempt, by half or less at random", () => {
  const bounds = [0, 1, 2].map((attempt) => [
    waitBefore(attempt, failed, answer(500), half),
    waitBefore(attempt, failed, answer(500), whole),
  ]);
  assert.deepEqual(bounds, [
    [150, 300],
    [300, 600],
    [600, 1200],
  ]);
});

test("waitBefore waits at least as long as the server asks, up to 20 s", () => {
  assert.equal(waitBefore(0, failed, answer(429, { "retry-after": "7" })), 7000);
  assert.equal(waitBefore(0, failed, answer(503, { "retry-after-ms": "1500" })), 1500);
  assert.equal(waitBefore(0, failed, answer(429, { "retry-after": "21" })), undefined);
});

test("waitBefore tries again where that may help", () => {
  for (const status of [408, 429, 500, 502, 503, 529])
    assert.ok(waitBefore(0, failed, answer(status)), `${status}`);
  for (const status of [400, 401, 403, 404, 422])
    assert.equal(waitBefore(0, failed, answer(status)), undefined, `${status}`);
  for (const code of ["model_unreachable", "model_empty"] as const)
    assert.ok(waitBefore(0, new ModelError(code, "it broke off"), new Error("broken")), code);
  const silent = new ModelError("model_timeout", "it said nothing");
  assert.equal(waitBefore(0, silent, silent), undefined);
});

test("retryAfterMs reads seconds, milliseconds and dates, and nothing else", () => {
  const now = Date.parse("2026-01-01T00:00:00Z");
  const read = (headers: Record<string, string>) => retryAfterMs(new Headers(headers), now);
  assert.equal(read({ "retry-after": "2" }), 2000);
  assert.equal(read({ "retry-after": "0.5", "retry-after-ms": "20" }), 20);
  assert.equal(read({ "retry-after": "Thu, 01 Jan 2026 00:00:05 GMT" }), 5000);
  assert.equal(read({ "retry-after": "Thu, 01 Jan 2026 00:00:00 GMT" }), 0);
  assert.equal(read({ "retry-after": "soon" }), undefined);
  assert.equal(read({}), undefined);
});
