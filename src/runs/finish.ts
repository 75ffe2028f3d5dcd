import type { Claim } from "#db/queries/claim-run.ts";
import { type Ended, endRun } from "#db/queries/end-run.ts";
import { parkRun } from "#db/queries/park-run.ts";
import { closeOpenCalls } from "../agent/messages.ts";
import type { StoredMessage } from "../message.ts";
import type { WorkerCore } from "./core.ts";
import { failureWords, wordsFor } from "./failure-words.ts";
import { StopRequest } from "./run-errors.ts";
import type { Hold } from "./work.ts";

/** The agent has answered: status, answer and transcript in one. */
export async function complete(
  core: WorkerCore,
  claim: Claim,
  { held, journal }: Hold,
  all: StoredMessage[],
): Promise<Ended> {
  const messages = ownMessages(claim, all);
  const last = messages.at(-1);
  const answer = last?.type === "ai" ? last.content : "";
  const events = [...(await journal.close()), { type: "run.completed" as const, answer }];
  return endRun(core.sql, held, {
    runId: claim.id,
    status: "completed",
    answer,
    error: null,
    events,
    messages,
  });
}

/** The agent waits for humans: the session is free for other runs meanwhile. */
export async function wait(
  core: WorkerCore,
  claim: Claim,
  { held, journal }: Hold,
  approvals: string[],
): Promise<Ended> {
  const events = [...(await journal.close()), { type: "run.waiting" as const, approvals }];
  return parkRun(core.sql, held, claim.id, "waiting", approvals, events);
}

/** The process is to end: another goes on from the last checkpoint. */
export async function letGo(
  core: WorkerCore,
  claim: Claim,
  { held, journal }: Hold,
): Promise<Ended> {
  return parkRun(core.sql, held, claim.id, "queued", [], await journal.close());
}

/** Stopped or failed: what was done stays in the transcript, with every open call answered. */
export async function breakOff(
  core: WorkerCore,
  claim: Claim,
  { held, journal, signal }: Hold,
  all: StoredMessage[],
  error: unknown,
): Promise<Ended> {
  const stopped = error instanceof StopRequest || signal.aborted;
  const words = wordsFor(claim.language);
  const told = closeOpenCalls(
    ownMessages(claim, all),
    stopped ? words.callStopped : words.callFailed,
  );
  const messages = told.length > 0 ? told : [humanMessage(claim)];
  const rest = await journal.close();
  const ending = { runId: claim.id, answer: null, messages };
  if (!stopped) {
    const failure = failureWords(error, claim.language);
    core.log.warn(
      { run: claim.id, session: claim.sessionId, code: failure.code, error },
      "the run failed",
    );
    const events = [...rest, { type: "run.failed" as const, ...failure }];
    return endRun(core.sql, held, { ...ending, status: "failed", error: failure, events });
  }
  const { by, reason } = await stopRequestOf(core, claim.id);
  const done = [
    ...messages.flatMap((m) =>
      m.type === "tool" && m.status === "success" ? [`${m.name}: ${m.content}`] : [],
    ),
    ...(await loseStarted(core, claim.id)).map((tool) => `${tool}: ${words.unknown}`),
  ];
  const events = [...rest, { type: "run.stopped" as const, by, reason, done }];
  const stop = { code: "stopped", message: words.stopped(reason) };
  return endRun(core.sql, held, { ...ending, status: "stopped", error: stop, events });
}

async function stopRequestOf(
  core: WorkerCore,
  runId: string,
): Promise<{ by: string | null; reason: string }> {
  const [row] = await core.sql<
    Pick<Claim, "stopRequested">[]
  >`select stop_requested from runs where id = ${runId}`;
  return row?.stopRequested ?? { by: null, reason: "stopped" };
}

/** Calls that the stop cut off: nobody knows whether they took effect, and the ledger says so. */
async function loseStarted(core: WorkerCore, runId: string): Promise<string[]> {
  const rows = await core.sql<{ tool: string }[]>`
    update tool_calls set state = 'outcome_unknown' where run_id = ${runId} and state = 'started' returning tool`;
  return rows.map((row) => row.tool);
}

/** The run's own messages: from what its human said on; what stands before is the window. */
function ownMessages(run: Pick<Claim, "id">, all: StoredMessage[]): StoredMessage[] {
  const from = all.findIndex((message) => message.id === `${run.id}/0`);
  return from < 0 ? [] : all.slice(from);
}

export function humanMessage(run: Pick<Claim, "id" | "input">): StoredMessage {
  return { type: "human", id: `${run.id}/0`, content: run.input };
}
