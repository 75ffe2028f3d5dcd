import assert from "node:assert/strict";
import { test } from "node:test";
import { openQueue } from "#src/ports/queue.ts";
import { eventually } from "#tests/support/eventually.ts";
import { ownRedis } from "#tests/support/redis.ts";
import { redisBackend } from "./backends.ts";
import { testQueue } from "./queue.conformance.ts";

testQueue("Redis", redisBackend);

test("queue on Redis: a worker goes on after FLUSHALL", async () => {
  await using redis = await ownRedis();
  await using queue = await openQueue("runs", { redisUrl: redis.url });
  const seen: string[] = [];
  const { promise: held, resolve: open } = Promise.withResolvers<void>();
  const handler = async ({ id }: { id: string }) => {
    seen.push(id);
    if (id === "run_held-1") await held;
  };
  await using _ = await queue.work(handler, { concurrency: 2, onError() {} });
  await queue.add({ id: "run_held-1", data: {} });
  await eventually("it is active", () => seen.length === 1);
  await queue.add({ id: "run_forgotten-1", data: {}, delayMs: 60_000 });
  await redis.flushAll();
  open();
  for (const id of ["run_a-1", "run_b-1", "run_c-1"]) {
    await queue.add({ id, data: {} });
    await eventually("it ran", () => seen.includes(id));
  }
  assert.deepEqual(seen, ["run_held-1", "run_a-1", "run_b-1", "run_c-1"]);
});

test("queue on Redis: a server that is not there is an error that names it", async () => {
  const gone = openQueue("runs", { redisUrl: "redis://:secret@127.0.0.1:1" });
  await assert.rejects(gone, (error: Error) => {
    assert.match(error.message, /Redis at 127\.0\.0\.1:1 did not answer/);
    assert.doesNotMatch(error.message, /secret/);
    return true;
  });
});
