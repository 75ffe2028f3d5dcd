import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { ladderOf } from "./ladder.ts";
import type { LadderStep } from "./rule.ts";

const MINUTE = 60_000;
const start = new Date("2026-11-23T10:00:00Z");
const minutes = (rungs: ReturnType<typeof ladderOf>) =>
  rungs.map((rung) => `${rung.kind} ${(rung.dueAt.getTime() - start.getTime()) / MINUTE}`);

test("ladderOf: remind after 10 minutes, escalate after 30, expire after 2 hours", () => {
  const ladder: LadderStep[] = [
    { afterMs: 30 * MINUTE, kind: "escalate", to: ["@leads"] },
    { afterMs: 10 * MINUTE, kind: "remind", to: ["@finance"] },
  ];
  const rungs = ladderOf({ ladder, expiresInMs: 120 * MINUTE }, start);
  assert.deepEqual(minutes(rungs), ["remind 10", "escalate 30", "expire 120"]);
  assert.deepEqual(
    rungs.map((rung) => rung.step),
    [0, 1, 2],
  );
});

test("ladderOf: an expiry on the ladder that is earlier is the one that counts", () => {
  const ladder: LadderStep[] = [
    { afterMs: 5 * MINUTE, kind: "expire", to: [] },
    { afterMs: 10 * MINUTE, kind: "remind", to: ["requester"] },
  ];
  assert.deepEqual(minutes(ladderOf({ ladder, expiresInMs: 60 * MINUTE }, start)), ["expire 5"]);
});

test("ladderOf: rungs in order, the expiry last and once, whatever the rule (property)", () => {
  const rung = fc.record({
    afterMs: fc.integer({ min: 1, max: 10_000_000 }),
    kind: fc.constantFrom("remind" as const, "escalate" as const, "expire" as const),
    to: fc.constant<string[]>(["@a"]),
  });
  fc.assert(
    fc.property(fc.array(rung), fc.integer({ min: 1, max: 10_000_000 }), (ladder, expiresInMs) => {
      const rungs = ladderOf({ ladder, expiresInMs }, start);
      const times = rungs.map((one) => one.dueAt.getTime());
      assert.deepEqual(
        times,
        times.toSorted((a, b) => a - b),
      );
      assert.equal(rungs.filter((one) => one.kind === "expire").length, 1);
      assert.equal(rungs.at(-1)?.kind, "expire");
    }),
  );
});
