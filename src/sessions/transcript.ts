import type { Query } from "#db/client.ts";
import type { StoredMessage } from "../message.ts";

/** Enough rows for a window by tokens; a window by messages asks for exactly as many as it may hold. */
const MOST_ROWS = 500;

/**
 * The newest whole turns of a session, oldest first, at most `rows` messages in all. A turn whose beginning lies
 * outside is left out: half a turn may hold a result without its call.
 */
export async function recentTurns(
  sql: Query,
  sessionId: string,
  rows = MOST_ROWS,
): Promise<StoredMessage[][]> {
  const found = await sql<{ runId: string; idx: number; body: StoredMessage }[]>`
    select run_id, idx, body from messages where session_id = ${sessionId} order by seq desc limit ${rows}`;
  const turns = new Map<string, { first: number; messages: StoredMessage[] }>();
  for (const { runId, idx, body } of found.reverse()) {
    const turn = turns.get(runId);
    if (turn) turn.messages.push(body);
    else turns.set(runId, { first: idx, messages: [body] });
  }
  return [...turns.values()].flatMap((turn) => (turn.first === 0 ? [turn.messages] : []));
}

export type TranscriptRow = { seq: number; runId: string; createdAt: Date; body: StoredMessage };

/** A page of the transcript in order, after sequence number `after`. */
export async function readTranscript(
  sql: Query,
  sessionId: string,
  after: number,
  limit: number,
): Promise<TranscriptRow[]> {
  return sql<TranscriptRow[]>`
    select seq, run_id, created_at, body from messages
    where session_id = ${sessionId} and seq > ${after} order by seq limit ${limit}`;
}
