import type { Sql } from "#db/client.ts";
import type { Outbound, Place } from "#src/events.ts";
import { newId } from "#src/ids.ts";

/** A run of a session of its own, shown at `places`, with these events in its journal. Gives its id. */
export async function insertRun(
  sql: Sql,
  places: Place[],
  events: Outbound[] = [],
): Promise<string> {
  const session = newId("session");
  const run = newId("run");
  await sql`insert into sessions (id, place, owner) values (${session}, ${session}, 'slack:T1:U1')`;
  await sql`insert into runs (id, session_id, requester, input, language)
    values (${run}, ${session}, 'slack:T1:U1', 'hello', 'en')`;
  for (const place of places)
    await sql`insert into destinations (run_id, place) values (${run}, ${place})`;
  await appendRows(sql, run, events);
  return run;
}

/** Appends to the run's journal, each event at a time of its own. */
export async function appendRows(sql: Sql, run: string, events: Outbound[]): Promise<void> {
  for (const event of events)
    await sql`with numbered as (
        update runs set last_seq = last_seq + 1 where id = ${run} returning last_seq)
      insert into run_events (run_id, seq, at, event)
      select ${run}, last_seq, clock_timestamp(), ${JSON.stringify(event)}::text::json from numbered`;
}

/** An event that is one post of this text. */
export function says(text: string): Outbound {
  return { type: "tool.progress", callId: "c1", tool: "search", text };
}

export function done(answer: string): Outbound {
  return { type: "run.completed", answer };
}

/** A text as the deltas of one message, each of `length` characters. */
export function deltas(message: string, text: string, length: number): Outbound[] {
  const pieces = text.match(new RegExp(`.{1,${length}}`, "gsu")) ?? [];
  let from = 0;
  return pieces.map((piece) => {
    const event: Outbound = { type: "text.delta", message, from, text: piece };
    from += piece.length;
    return event;
  });
}
