import { LeaseLostError } from "../../src/errors.ts";
import type { Outbound } from "../../src/events.ts";
import type { StoredMessage } from "../../src/message.ts";
import type { Query } from "../client.ts";
import type { Held } from "./append-events.ts";

export type Ending = {
  runId: string;
  status: "completed" | "failed" | "stopped";
  answer: string | null;
  error: { code: string; message: string } | null;
  events: Outbound[];
  /** The run's own messages: they enter the transcript now, in one piece. */
  messages: StoredMessage[];
};

/** The untrusted sources that these messages bring into the session's memory, with the time of now. */
function taintOf(messages: StoredMessage[]): Record<string, string> {
  const sources = messages.flatMap((message) => ("taint" in message ? (message.taint ?? []) : []));
  const now = new Date().toISOString();
  return Object.fromEntries(sources.map((source) => [source, now]));
}

export type Ended = { lastSeq: number; next: string | null };

/**
 * Ends a run: status, last journal rows, transcript, checkpoints and lease in one statement, and only while the
 * lease is held. The fence grows with the release: what the run's calls still write comes too late. `next` is the
 * session's run that is to go on. Throws LeaseLostError where another has taken over.
 */
export async function endRun(sql: Query, held: Held, ending: Ending): Promise<Ended> {
  const events = ending.events.map((event) => JSON.stringify(event));
  const bodies = ending.messages.map((message) => JSON.stringify(message));
  const [row] = await sql<Ended[]>`
    with held as (select 1 from leases where name = ${held.name} and fence = ${held.fence} for update),
    ended as (
      update runs set status = ${ending.status}, answer = ${ending.answer}, error = ${ending.error as never}::jsonb,
        finished_at = now(), updated_at = now(), last_seq = last_seq + ${events.length}
      where id = ${ending.runId} and finished_at is null and exists (select from held) returning last_seq, session_id, input, position),
    journaled as (
      insert into run_events (run_id, seq, event)
      select ${ending.runId}, ended.last_seq - ${events.length} + e.n, e.event::json
      from ended, unnest(${events}::text[]) with ordinality as e(event, n)),
    session as (
      update sessions s set last_message = s.last_message + ${bodies.length}, last_active_at = now(),
        taint = s.taint || ${JSON.stringify(taintOf(ending.messages))}::text::jsonb,
        title = case when s.title = '' then left(ended.input, 80) else s.title end
      from ended where s.id = ended.session_id returning s.last_message),
    transcribed as (
      insert into messages (run_id, idx, session_id, seq, body)
      select ${ending.runId}, m.n - 1, ended.session_id, session.last_message - ${bodies.length} + m.n, m.body::json
      from ended, session, unnest(${bodies}::text[]) with ordinality as m(body, n)
      on conflict (run_id, idx) do nothing),
    writes as (delete from checkpoint_writes where thread_id = ${ending.runId} and exists (select from ended)),
    checkpoint as (delete from checkpoints where thread_id = ${ending.runId} and exists (select from ended)),
    released as (
      update leases set expires_at = clock_timestamp(), fence = fence + 1
      where name = ${held.name} and fence = ${held.fence} and exists (select from ended))
    select ended.last_seq, (
      select id from runs where session_id = ended.session_id and status = 'queued' and id <> ${ending.runId}
      order by position limit 1) as next
    from ended`;
  if (!row)
    throw new LeaseLostError(
      `Cannot end ${ending.runId}: another worker has taken over, or it was deleted`,
    );
  return row;
}
