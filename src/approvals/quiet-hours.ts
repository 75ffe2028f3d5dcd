import { DateTime } from "luxon";
import type { QuietHours } from "./rule.ts";

const DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const;
/** A quiet time is at most a day long, so within two weeks there is an active hour or there is none ever. */
const MOST_DAYS = 14;

/** The time at which `ms` of time outside the quiet hours have passed since `start`. */
export function afterActiveTime(start: Date, ms: number, quiet: QuietHours | undefined): Date {
  if (!quiet) return new Date(start.getTime() + ms);
  let now: DateTime = DateTime.fromJSDate(start, { zone: quiet.timeZone });
  let left = ms;
  for (let round = 0; round < MOST_DAYS + ms / 3_600_000; round++) {
    const end = quietEnd(now, quiet);
    if (end) now = end;
    const next = nextQuietStart(now, quiet);
    const active = next ? next.toMillis() - now.toMillis() : Number.POSITIVE_INFINITY;
    if (left <= active) return new Date(now.toMillis() + left);
    left -= active;
    now = next ?? now;
  }
  return new Date(now.toMillis() + left);
}

/** When the quiet time that `at` lies in is over; undefined where it lies in none. */
function quietEnd(at: DateTime, quiet: QuietHours): DateTime | undefined {
  for (const day of [at.minus({ days: 1 }), at]) {
    const span = spanOf(day, quiet);
    if (span && at >= span.start && at < span.end) return span.end;
  }
  return undefined;
}

function nextQuietStart(at: DateTime, quiet: QuietHours): DateTime | undefined {
  for (let days = 0; days <= MOST_DAYS; days++) {
    const span = spanOf(at.plus({ days }), quiet);
    if (span && span.start >= at) return span.start;
  }
  return undefined;
}

/** The quiet time that begins on `day`, as the time zone has it: also where clocks change. */
function spanOf(
  day: DateTime,
  { from, to, days }: QuietHours,
): { start: DateTime; end: DateTime } | undefined {
  if (days && !days.includes(DAYS[day.weekday - 1] ?? "mon")) return undefined;
  const start = at(day, from);
  const end = at(to > from ? day : day.plus({ days: 1 }), to);
  return from === to ? undefined : { start, end };
}

function at(day: DateTime, time: string): DateTime {
  const [hour = 0, minute = 0] = time.split(":").map(Number);
  return day.set({ hour, minute, second: 0, millisecond: 0 });
}
