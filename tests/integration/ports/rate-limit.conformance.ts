import assert from "node:assert/strict";
import { test } from "node:test";
import { openRateLimit } from "#src/ports/rate-limit.ts";
import { eventually } from "#tests/support/eventually.ts";
import type { TestBackend } from "./backends.ts";

const fiveAnHour = { points: 5, perSeconds: 3600 };

/** What a rate limit does, whatever it stands on. */
export function testRateLimit(name: string, openBackend: () => Promise<TestBackend>): void {
  const behaviour = (words: string, body: (backend: TestBackend) => Promise<void>) =>
    test(`rate limit on ${name}: ${words}`, async () => {
      await using backend = await openBackend();
      await body(backend);
    });

  behaviour("allows so many of 20 at once, over two processes' limits", async (backend) => {
    await using one = await openRateLimit(backend.withPool, fiveAnHour);
    await using other = await openRateLimit(backend.withPool, fiveAnHour);
    const takes = Array.from({ length: 20 }, (_, n) => (n % 2 ? one : other).take("U1"));
    const answers = await Promise.all(takes);
    assert.equal(answers.filter(({ allowed }) => allowed).length, 5);
    for (const { allowed, retryAfterMs } of answers)
      if (allowed) assert.equal(retryAfterMs, 0);
      else assert.ok(retryAfterMs > 0 && retryAfterMs <= 3_600_000, `${retryAfterMs}`);
  });

  behaviour("counts keys and names apart, odd and long ones too", async (backend) => {
    const once = { points: 1, perSeconds: 3600 };
    await using requests = await openRateLimit(backend.withPool, { ...once, name: "requests" });
    await using clicks = await openRateLimit(backend.withPool, { ...once, name: "clicks" });
    const long = "x".repeat(10_000);
    for (const key of ["U1", "U12", "", "a\u0000b", "\ud800", `${long}1`, `${long}2`])
      for (const limit of [requests, clicks]) {
        assert.equal((await limit.take(key)).allowed, true);
        assert.equal((await limit.take(key)).allowed, false);
      }
  });

  behaviour("allows again when the window has ended", async (backend) => {
    await using limit = await openRateLimit(backend.withPool, { points: 1, perSeconds: 1 });
    assert.equal((await limit.take("U1")).allowed, true);
    assert.equal((await limit.take("U1")).allowed, false);
    await eventually("it is allowed", async () => (await limit.take("U1")).allowed);
  });

  behaviour("can be opened by six processes at once", async (backend) => {
    const opening = Array.from({ length: 6 }, () => openRateLimit(backend.withPool, fiveAnHour));
    const limits = await Promise.all(opening);
    const answers = await Promise.all(limits.map((limit) => limit.take("U1")));
    assert.equal(answers.filter(({ allowed }) => allowed).length, 5);
    await Promise.all(limits.map((limit) => limit[Symbol.asyncDispose]()));
  });

  behaviour("counts on its own while the back end is gone", async (backend) => {
    await using limit = await openRateLimit(backend.withPool, fiveAnHour);
    await backend.remove();
    const allowed: boolean[] = [];
    for (let times = 0; times < 7; times++) allowed.push((await limit.take("U1")).allowed);
    assert.deepEqual(allowed, [true, true, true, true, true, false, false]);
  });
}
