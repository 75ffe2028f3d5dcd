import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { openDatabase } from "#db/client.ts";
import type { Outbound } from "#src/events.ts";
import { openLog } from "#src/log.ts";
import { openAnnouncements } from "#src/ports/announcements.ts";
import { startDeliveryLoop } from "#src/runs/delivery-loop.ts";
import { STUCK_AFTER } from "#src/runs/next-turn.ts";
import { testDatabase } from "#tests/support/database.ts";
import { eventually } from "#tests/support/eventually.ts";
import { appendRows, done, insertRun, says } from "#tests/support/journal-rows.ts";
import { FAULTS, rendered, scriptedPlatform } from "#tests/support/scripted-platform.ts";

const PLACES = ["slack:T1:C1:1.1", "slack:T1:C1:2.1", "slack:T1:C2:1.1"];
const log = openLog({ level: "silent", name: "test", secrets: [] });

/** One journal row of one of three runs: a text that grows, something that is one event, or nothing to see. */
const step = fc.record({
  run: fc.nat({ max: 2 }),
  kind: fc.constantFrom("delta", "delta", "delta", "says", "unseen"),
  length: fc.integer({ min: 1, max: 30 }),
});
/** Fewer faults in a row than make a run stuck, so that the order of the place's runs holds. */
const script = fc.array(fc.constantFrom(...FAULTS), { maxLength: STUCK_AFTER - 1 });
const scenario = fc.record({
  steps: fc.array(step, { minLength: 1, maxLength: 40 }),
  scripts: fc.tuple(script, script, script),
  /** Which runs are shown at all three places; else the first at one of them, the second at two. */
  shared: fc.tuple(fc.boolean(), fc.boolean(), fc.boolean()),
});
type Scenario = typeof scenario extends fc.Arbitrary<infer S> ? S : never;

/** The rows of a scenario; each text is told from all others by its number. */
function rowsOf({ steps }: Scenario): { run: number; event: Outbound }[] {
  const written = [0, 0, 0];
  const rows = steps.map(({ run, kind, length }, n) => {
    const text = `<${n}>`.padEnd(length, "·");
    if (kind === "says") return { run, event: says(text) };
    if (kind === "unseen") return { run, event: { type: "run.resumed", by: null } as Outbound };
    const from = written[run] ?? 0;
    written[run] = from + text.length;
    return { run, event: { type: "text.delta", message: "m1", from, text } as Outbound };
  });
  return [...rows, ...[0, 1, 2].map((run) => ({ run, event: done(`end of ${run}`) }))];
}

test("whatever goes wrong, people see each journal exactly once and in order", async () => {
  await using database = await testDatabase();
  const sql = openDatabase(database.url);
  await using announcements = await openAnnouncements({ databaseUrl: database.url });

  async function check(given: Scenario): Promise<void> {
    const faults = new Map(PLACES.map((place, n) => [place, [...(given.scripts[n] ?? [])]]));
    const platform = scriptedPlatform(({ place }) => faults.get(place)?.shift() ?? "none");
    const placesOf = (run: number) => (given.shared[run] ? PLACES : PLACES.slice(0, run + 1));
    const runs = [
      await insertRun(sql, placesOf(0)),
      await insertRun(sql, placesOf(1)),
      await insertRun(sql, placesOf(2)),
    ];
    const worker = {
      ...{ sql, announcements, log, adapters: new Map([["slack", platform.adapter]]) },
      ...{ pollMs: 10, retryDelay: () => 3, askMs: 150 },
    };
    const rows = rowsOf(given);
    {
      await using _one = startDeliveryLoop({ ...worker, holder: "one" });
      await using _two = startDeliveryLoop({ ...worker, holder: "two" });
      for (const { run, event } of rows) await appendRows(sql, runs[run] ?? "", [event]);
      await eventually("all is delivered", async () => {
        const open = await sql`select from destinations where run_id in ${sql(runs)} and not done`;
        return open.count === 0;
      });
    }
    for (const [n, id] of runs.entries()) {
      const journal = rows.filter(({ run }) => run === n).map(({ event }) => rendered(event));
      for (const place of placesOf(n)) assert.equal(platform.textOf(id, place), journal.join(""));
    }
    for (const place of PLACES) {
      const posts = platform.posts.filter((post) => post.place === place);
      const shown = posts.map(({ text }) => text).join("");
      const whole = rows
        .filter(({ run, event }) => placesOf(run).includes(place) && event.type !== "text.delta")
        .map(({ event }) => rendered(event))
        .filter((text) => text !== "");
      const found = whole.map((text) => shown.indexOf(text));
      assert.deepEqual(
        found,
        found.toSorted((a, b) => a - b),
        "whole events in journal order",
      );
    }
  }

  try {
    await fc.assert(fc.asyncProperty(scenario, check), { numRuns: 20, endOnFailure: true });
  } finally {
    await sql.end();
  }
});
