import assert from "node:assert/strict";
import type { Sql } from "#db/client.ts";
import type { Run } from "#db/schema/runs.ts";
import { endsRun, type Outbound } from "#src/events.ts";
import type { StoredMessage } from "#src/message.ts";

/**
 * What must hold whatever died: each journal counts from 1 without a gap and ends once, at its end; transcripts are
 * whole turns; of what has ended nothing is left over. Gives the runs, in the order in which they were submitted.
 */
export async function expectWhole(sql: Sql): Promise<Run[]> {
  const runs = await sql<Run[]>`select * from runs order by position`;
  for (const run of runs) await expectWholeJournal(sql, run);
  const sessions = await sql<{ id: string; lastMessage: number }[]>`
    select id, last_message from sessions`;
  for (const session of sessions) await expectWholeTurns(sql, session);
  const [left] = await sql<Record<string, number>[]>`
    select
      (select count(*) from checkpoints c join runs r on r.id = c.thread_id where r.finished_at is not null) as checkpoints,
      (select count(*) from checkpoint_writes c join runs r on r.id = c.thread_id where r.finished_at is not null) as writes,
      (select count(*) from approvals a join runs r on r.id = a.run_id where r.finished_at is not null and a.status = 'pending') as approvals,
      (select count(*) from tool_calls t join runs r on r.id = t.run_id where r.finished_at is not null and t.state = 'started') as started`;
  assert.deepEqual(left, { checkpoints: 0, writes: 0, approvals: 0, started: 0 });
  return runs;
}

async function expectWholeJournal(sql: Sql, run: Run): Promise<void> {
  const rows = await sql<{ seq: number; event: Outbound }[]>`
    select seq, event from run_events where run_id = ${run.id} order by seq`;
  assert.deepEqual(
    rows.map((row) => row.seq),
    rows.map((_, index) => index + 1),
    `the journal of ${run.id} has gaps`,
  );
  assert.equal(run.lastSeq, rows.length, `last_seq of ${run.id}`);
  const endings = rows.filter((row) => endsRun(row.event));
  assert.equal(endings.length, run.finishedAt ? 1 : 0, `${run.id} is ${run.status}`);
  if (!run.finishedAt) return;
  assert.equal(endings[0]?.seq, rows.length, `something follows the end of ${run.id}`);
  assert.equal(endings[0]?.event.type, `run.${run.status}`);
}

async function expectWholeTurns(
  sql: Sql,
  session: { id: string; lastMessage: number },
): Promise<void> {
  const rows = await sql<{ runId: string; seq: number; idx: number; body: StoredMessage }[]>`
    select run_id, seq, idx, body from messages where session_id = ${session.id} order by seq`;
  assert.deepEqual(
    rows.map((row) => row.seq),
    rows.map((_, index) => index + 1),
    `the transcript of ${session.id} has gaps`,
  );
  assert.equal(session.lastMessage, rows.length);
  const turns: { runId: string; messages: StoredMessage[] }[] = [];
  for (const row of rows) {
    if (row.idx === 0) turns.push({ runId: row.runId, messages: [] });
    const turn = turns.at(-1);
    assert.equal(turn?.runId, row.runId, `turns of ${session.id} interleave`);
    assert.equal(turn?.messages.length, row.idx);
    turn?.messages.push(row.body);
  }
  assert.equal(new Set(turns.map((turn) => turn.runId)).size, turns.length);
  for (const { messages } of turns) expectPairs(messages);
}

/** A human first; every call answered once, at once, before the model speaks again. */
function expectPairs(messages: StoredMessage[]): void {
  const [human, ...rest] = messages;
  assert.equal(human?.type, "human");
  let open: string[] = [];
  for (const message of rest) {
    if (message.type === "tool") {
      assert.ok(open.includes(message.tool_call_id), `${message.tool_call_id} was answered before`);
      open = open.filter((id) => id !== message.tool_call_id);
    } else {
      assert.deepEqual(open, [], "calls without an answer");
      if (message.type === "ai") open = (message.tool_calls ?? []).map((call) => call.id);
    }
  }
  assert.deepEqual(open, [], "calls without an answer");
}
