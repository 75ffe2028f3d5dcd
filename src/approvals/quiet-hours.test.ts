import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { afterActiveTime } from "./quiet-hours.ts";
import type { QuietHours } from "./rule.ts";

const HOUR = 3_600_000;
const nights: QuietHours = { from: "22:00", to: "07:00", timeZone: "Europe/Berlin" };
const at = (text: string) => new Date(text);
const after = (start: string, hours: number, quiet?: QuietHours) =>
  afterActiveTime(at(start), hours * HOUR, quiet).toISOString();

test("afterActiveTime: without quiet hours it is plain time", () => {
  assert.equal(after("2026-11-23T21:00:00Z", 2), "2026-11-23T23:00:00.000Z");
});

test("afterActiveTime: what would fall into the night comes as much later as the night was long", () => {
  assert.equal(after("2026-11-23T20:00:00Z", 2, nights), "2026-11-24T07:00:00.000Z"); // 21:00 in Berlin: 1 h before, 1 h after
  assert.equal(after("2026-11-23T23:30:00Z", 1, nights), "2026-11-24T07:00:00.000Z"); // begins in the night
});

test("afterActiveTime: a quiet day is waited out, and one that is not named is not", () => {
  const sundays: QuietHours = { from: "00:00", to: "23:59", timeZone: "UTC", days: ["sun"] };
  assert.equal(after("2026-11-21T23:00:00Z", 2, sundays), "2026-11-23T00:59:00.000Z");
  assert.equal(after("2026-11-23T23:00:00Z", 2, sundays), "2026-11-24T01:00:00.000Z");
});

test("afterActiveTime: across the change to winter time the night is an hour longer", () => {
  assert.equal(after("2026-10-24T19:30:00Z", 1, nights), "2026-10-25T06:30:00.000Z"); // 21:30 CEST + 30 min, then 07:00 CET + 30 min
});

test("afterActiveTime: never early, never in quiet hours, and later for a longer time (property)", () => {
  const arbitraryTime = fc.integer({ min: 1.7e12, max: 1.8e12 });
  const arbitraryMs = fc.integer({ min: 0, max: 72 * HOUR });
  fc.assert(
    fc.property(arbitraryTime, arbitraryMs, arbitraryMs, (start, ms, more) => {
      const end = afterActiveTime(new Date(start), ms, nights).getTime();
      assert.ok(end >= start + ms);
      assert.ok(afterActiveTime(new Date(start), ms + more, nights).getTime() >= end + more);
      const local = new Date(end - 1).toLocaleTimeString("en-GB", { timeZone: nights.timeZone });
      if (ms > 1) assert.ok(local >= "07:00" && local < "22:00", local);
    }),
  );
});
