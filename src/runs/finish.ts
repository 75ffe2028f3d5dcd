import type { Held } from "#db/queries/append-events.ts";
import { writeAudit } from "#db/queries/audit.ts";
import type { Claim } from "#db/queries/claim-run.ts";
import { type Ended, type Ending, endRun } from "#db/queries/end-run.ts";
import { parkRun } from "#db/queries/park-run.ts";
import type { Approval } from "#db/schema/approvals.ts";
import { closeOpenCalls } from "../agent/messages.ts";
import { closeApproval } from "../approvals/close-approval.ts";
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
  const messages = closeOpenCalls(
    ownMessages(claim, all),
    stopped ? words.callStopped : words.callFailed,
  );
  const rest = await journal.close();
  const ending = { runId: claim.id, answer: null, messages };
  if (!stopped) {
    const failure = failureWords(error, claim.language);
    core.log.warn(
      { run: claim.id, session: claim.sessionId, code: failure.code, error },
      "the run failed",
    );
    const events = [...rest, { type: "run.failed" as const, ...failure }];
    return close(core, held, { by: null, runId: claim.id }, () => ({
      ...ending,
      status: "failed",
      error: failure,
      events,
    }));
  }
  const { by, reason } = await stopRequestOf(core, claim.id);
  return close(core, held, { by, runId: claim.id }, (lost) => {
    const done = [
      ...messages.flatMap((m) =>
        m.type === "tool" && m.status === "success" ? [`${m.name}: ${m.content}`] : [],
      ),
      ...lost.map((tool) => `${tool}: ${words.unknown}`),
    ];
    const events = [...rest, { type: "run.stopped" as const, by, reason, done }];
    const stop = { code: "stopped", message: words.stopped(reason) };
    return { ...ending, status: "stopped", error: stop, events };
  });
}

/**
 * Ends the run, and with it what it leaves open: approvals that nobody decided are withdrawn, and of calls that were
 * cut off nobody knows whether they took effect, which the ledger says from now on. `ending` is told their tools.
 */
function close(
  core: WorkerCore,
  held: Held,
  { by, runId }: { by: string | null; runId: string },
  ending: (lost: string[]) => Ending,
): Promise<Ended> {
  return core.sql.begin(async (tx) => {
    await tx`select from leases where name = ${held.name} and fence = ${held.fence} for update`;
    const pending = await tx<Approval[]>`
      select * from approvals where run_id = ${runId} and status = 'pending' order by id for update`;
    const at = core.clock();
    for (const approval of pending)
      await closeApproval(tx, approval, { status: "withdrawn", actor: by, note: null, at });
    const lost = await tx<{ tool: string }[]>`
      update tool_calls set state = 'outcome_unknown' where run_id = ${runId} and state = 'started' returning tool`;
    const ended = await endRun(tx, held, ending(lost.map((call) => call.tool)));
    for (const { id, digest } of pending)
      await writeAudit(tx, {
        action: "approval.withdrawn",
        actor: by,
        approvalId: id,
        runId,
        digest,
      });
    return ended;
  });
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

/** The run's own messages: from what its human said on; what stands before is the window. */
function ownMessages(run: Pick<Claim, "id">, all: StoredMessage[]): StoredMessage[] {
  const from = all.findIndex((message) => message.id === `${run.id}/0`);
  return from < 0 ? [] : all.slice(from);
}

export function humanMessage(run: Pick<Claim, "id" | "input">): StoredMessage {
  return { type: "human", id: `${run.id}/0`, content: run.input };
}
