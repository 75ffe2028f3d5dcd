import type { Outbound } from "../events.ts";

/** A journal row that waits to be delivered. */
export type Waiting = { seq: number; event: Outbound };

/**
 * The first of the waiting rows, in order, as one event; `seq` is the last row that it holds.
 *
 * Deltas of one message that wait one after another are one delta: what was written while the platform was
 * slow goes out as one edit, not as one post for each row. Where the rows overlap (a message that was
 * written again from some offset on), the later text counts; across a hole nothing is joined.
 */
export function coalesce(rows: readonly Waiting[]): Waiting | undefined {
  const [first, ...others] = rows;
  if (first === undefined || first.event.type !== "text.delta") return first;
  let seq = first.seq;
  let event = first.event;
  for (const next of others) {
    if (next.event.type !== "text.delta" || next.event.message !== event.message) break;
    const offset = next.event.from - event.from;
    if (offset < 0 || offset > event.text.length) break;
    event = { ...event, text: event.text.slice(0, offset) + next.event.text };
    seq = next.seq;
  }
  return { seq, event };
}
