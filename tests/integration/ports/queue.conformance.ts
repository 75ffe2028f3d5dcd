import assert from "node:assert/strict";
import { test } from "node:test";
import { type Job, openQueue, type Queue, type WorkOptions } from "#src/ports/queue.ts";
import { eventually } from "#tests/support/eventually.ts";
import type { TestBackend } from "./backends.ts";

const job = (id: string, data: Record<string, unknown> = {}): Job => ({ id, data });
const options: WorkOptions = {
  concurrency: 5,
  onError(error) {
    throw new Error("The worker had an error that the test did not expect", { cause: error });
  },
};
const tolerant: WorkOptions = { concurrency: 5, onError() {} };

/** A handler that a test holds open: what it was called with, and how to let it end. */
function gate() {
  const seen: Job[] = [];
  const signals: AbortSignal[] = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  return {
    seen,
    signals,
    open: resolve,
    handler: (taken: Job, signal: AbortSignal) => {
      seen.push(taken);
      signals.push(signal);
      return promise;
    },
  };
}

const idle = (queue: Queue) =>
  eventually("the queue is empty", async () => {
    assert.deepEqual(await queue.counts(), { waiting: 0, active: 0, delayed: 0 });
  });

/** What every queue does, whatever it stands on. */
export function testQueue(backendName: string, openBackend: () => Promise<TestBackend>): void {
  const behaviour = (words: string, body: (queue: Queue, backend: TestBackend) => Promise<void>) =>
    test(`queue on ${backendName}: ${words}`, async () => {
      await using backend = await openBackend();
      await using queue = await openQueue("runs", backend.given);
      await body(queue, backend);
    });

  behaviour("hands a job over as it was added", async (queue) => {
    const seen: Job[] = [];
    await using _ = await queue.work(async (taken) => void seen.push(taken), options);
    await queue.add(job("run_0193a-1", { runId: "run_0193a", list: [1, { two: "二" }], no: null }));
    await eventually("the job ran", () => seen.length === 1);
    assert.deepEqual(seen, [
      job("run_0193a-1", { runId: "run_0193a", list: [1, { two: "二" }], no: null }),
    ]);
    await idle(queue);
  });

  behaviour("replaces NUL and lone surrogates", async (queue) => {
    const seen: Job[] = [];
    await using _ = await queue.work(async (taken) => void seen.push(taken), options);
    await queue.add(job("run_a-1", { text: "a\u0000b\ud800c" }));
    await queue.addAll([job("run_a-2", { "k\u0000": ["\udc00"] })]);
    await eventually("the jobs ran", () => seen.length === 2);
    const byId = seen.sort((a, b) => a.id.localeCompare(b.id));
    assert.deepEqual(
      byId.map(({ data }) => data),
      [{ text: "a\u2400b\ufffdc" }, { "k\u2400": ["\ufffd"] }],
    );
  });

  behaviour("runs 200 jobs on three workers once each", async (queue, backend) => {
    const seen: string[] = [];
    const work = (on: Queue) => on.work(async ({ id }) => void seen.push(id), options);
    await using second = await openQueue("runs", backend.given);
    await using third = await openQueue("runs", backend.given);
    await Promise.all([work(queue), work(second), work(third)]);
    const ids = Array.from({ length: 200 }, (_, index) => `run_${index}-1`);
    await queue.addAll(ids.slice(0, 100).map((id) => job(id)));
    await Promise.all(ids.slice(100).map((id) => queue.add(job(id))));
    await eventually("all have run", () => seen.length >= 200);
    await idle(queue);
    assert.deepEqual(seen.sort(), ids.sort());
  });

  behaviour("does not add an id that is queued, delayed or active", async (queue) => {
    const { seen, handler, open } = gate();
    await queue.add(job("run_a-1"));
    await queue.add(job("run_a-1"));
    await queue.add({ ...job("run_b-1"), delayMs: 60_000 });
    await queue.add(job("run_b-1"));
    await queue.addAll([job("run_a-1"), job("run_b-1"), job("run_c-1")]);
    assert.deepEqual(await queue.counts(), { waiting: 2, active: 0, delayed: 1 });
    await using _ = await queue.work(handler, options);
    await eventually("both are active", () => seen.length === 2);
    await queue.add(job("run_a-1"));
    await Promise.all(Array.from({ length: 50 }, () => queue.add(job("run_c-1"))));
    assert.deepEqual(await queue.counts(), { waiting: 0, active: 2, delayed: 1 });
    open();
  });

  behaviour("adds a finished id again", async (queue) => {
    let count = 0;
    await using _ = await queue.work(async () => void count++, options);
    for (let times = 1; times <= 5; times++) {
      await queue.add(job("run_a-1"));
      await eventually("it ran", () => count === times);
      await idle(queue);
    }
  });

  behaviour("holds a delayed job back until its time", async (queue) => {
    const seen: number[] = [];
    await using _ = await queue.work(async () => void seen.push(Date.now()), options);
    const added = Date.now();
    await queue.add({ ...job("run_a-1"), delayMs: 300 });
    assert.deepEqual(await queue.counts(), { waiting: 0, active: 0, delayed: 1 });
    const [ranAt = 0] = await eventually("it ran", () => seen.length > 0 && seen);
    assert.ok(ranAt - added >= 299, `ran after ${ranAt - added} ms`);
  });

  behaviour("tells of a handler that throws, and does not try again", async (queue) => {
    const errors: unknown[] = [];
    const failing = async () => {
      throw new Error("boom\u0000\ud800");
    };
    const onError = (error: unknown) => void errors.push(error);
    await using _ = await queue.work(failing, { concurrency: 1, onError });
    await queue.add(job("run_a-1"));
    await eventually("it was told", () => errors.length > 0);
    await idle(queue);
    assert.deepEqual(errors, [new Error("boom\u0000\ud800")]);
  });

  behaviour("works on as many jobs at a time as it was told", async (queue) => {
    const { seen, handler, open } = gate();
    await using _ = await queue.work(handler, { ...options, concurrency: 3 });
    await queue.addAll(Array.from({ length: 5 }, (_, index) => job(`run_${index}-1`)));
    await eventually("three are active", () => seen.length === 3);
    assert.deepEqual(await queue.counts(), { waiting: 2, active: 3, delayed: 0 });
    open();
    await idle(queue);
  });

  behaviour("drain() waits for what runs and takes nothing new", async (queue) => {
    const { seen, signals, handler, open } = gate();
    const working = await queue.work(handler, options);
    await queue.add(job("run_a-1"));
    await eventually("it is active", () => seen.length === 1);
    let drained = false;
    const draining = working.drain(30_000).then(() => {
      drained = true;
    });
    await queue.add(job("run_b-1"));
    assert.equal(drained, false);
    open();
    await draining;
    assert.equal(signals[0]?.aborted, false);
    assert.deepEqual(await queue.counts(), { waiting: 1, active: 0, delayed: 0 });
    await using _ = await queue.work(handler, options);
    await eventually("the next worker takes it", () => seen.length === 2);
  });

  behaviour("drain() aborts what runs on after its deadline", async (queue) => {
    const seen: string[] = [];
    const untilAborted = async ({ id }: Job, signal: AbortSignal) => {
      seen.push(id);
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
    };
    const working = await queue.work(untilAborted, options);
    await queue.add(job("run_a-1"));
    await eventually("it is active", () => seen.length === 1);
    await working.drain(20);
    assert.deepEqual(await queue.counts(), { waiting: 0, active: 0, delayed: 0 });
  });

  behaviour("drain() leaves a handler behind that does not listen", async (queue) => {
    const { seen, signals, handler, open } = gate();
    const working = await queue.work(handler, tolerant);
    await queue.add(job("run_a-1"));
    await eventually("it is active", () => seen.length === 1);
    await working.drain(20);
    assert.equal(signals[0]?.aborted, true);
    assert.deepEqual(await queue.counts(), { waiting: 0, active: 1, delayed: 0 });
    open();
  });

  behaviour("goes on working after its connections were cut", async (queue, backend) => {
    const seen: string[] = [];
    await using _ = await queue.work(async ({ id }) => void seen.push(id), tolerant);
    for (const round of [1, 2, 3]) {
      await backend.interrupt();
      await eventually("it can be added", () => queue.add(job(`run_a-${round}`)));
      await eventually("it ran", () => seen.includes(`run_a-${round}`));
    }
    await eventually("it answers", () => queue.ping());
  });

  behaviour(
    "rejects, and lets the process live, when the back end is gone",
    async (queue, backend) => {
      const working = await queue.work(async () => {}, tolerant);
      await queue.ping();
      await backend.remove();
      await assert.rejects(queue.ping());
      await assert.rejects(queue.add(job("run_a-1")));
      await assert.rejects(queue.counts());
      await working.drain(60_000);
    },
  );

  test(`queue on ${backendName}: queues of different names are apart`, async () => {
    await using backend = await openBackend();
    await using runs = await openQueue("runs", backend.given);
    await using deliveries = await openQueue("deliveries", backend.given);
    const seen: string[] = [];
    await using _ = await deliveries.work(async ({ id }) => void seen.push(id), options);
    await runs.add(job("run_a-1"));
    await deliveries.add(job("run_a-1"));
    await eventually("one ran", () => seen.length === 1);
    await idle(deliveries);
    assert.deepEqual(await runs.counts(), { waiting: 1, active: 0, delayed: 0 });
  });
}
