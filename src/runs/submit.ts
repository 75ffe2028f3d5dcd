import type { Query } from "#db/client.ts";
import { appendEvents } from "#db/queries/append-events.ts";
import { jobId, type Wake } from "#db/queries/wake-run.ts";
import type { Run } from "#db/schema/runs.ts";
import type { Session } from "#db/schema/sessions.ts";
import { closeUndecided } from "../approvals/close-approval.ts";
import { RefusedError } from "../errors.ts";
import type { Actor, Language, WhileRunning } from "../events.ts";
import { newId } from "../ids.ts";
import { findOrCreateSession, type SessionKey } from "../sessions/find-or-create.ts";
import { clean } from "../text.ts";
import { addJob, type Core, TOPICS } from "./core.ts";

export type Submission = {
  session: SessionKey;
  requester: Actor;
  input: string;
  /** Chosen by the client: sent again with the same input it is the same run. */
  externalKey?: string;
  systemMessage?: string;
  language?: Language;
  whileRunning?: WhileRunning;
  /** Called in the same transaction, so that what must be there with the run is. */
  alongside?(tx: Query, run: Run, session: Session): Promise<void>;
};

export type Submitted = { run: Run; session: Session; created: boolean };

/** Longest input, characters. A longer one is refused in words rather than cut. */
export const MAX_INPUT = 1_000_000;

/**
 * Takes in a turn of work: session, run and first journal row in one transaction, the job after the commit.
 * Nothing that was taken in is lost: where the queue is away the janitor adds the job.
 * Throws RefusedError: not_found (a session id that is none of the owner's), conflict (an external key sent before
 * with another input), invalid (empty or too long).
 */
export async function submit(core: Core, submission: Submission): Promise<Submitted> {
  const input = clean(submission.input);
  refuseInput(input);
  const result = await core.sql.begin((tx) => store(core, tx, { ...submission, input }));
  const { run, session, created, wakes, attention } = result;
  if (created) {
    core.announcements.publish(TOPICS.journal, {
      runId: run.id,
      sessionId: session.id,
      seq: run.lastSeq,
    });
    if (attention) core.announcements.publish(TOPICS.attention, { runId: attention });
    await Promise.all(wakes.map((wake) => addJob(core, wake)));
  }
  return { run, session, created };
}

type Stored = Submitted & { wakes: Wake[]; attention: string | null };

async function store(core: Core, tx: Query, submission: Submission): Promise<Stored> {
  const { requester, input, externalKey } = submission;
  const session = await findOrCreateSession(tx, submission.session);
  const mode = submission.whileRunning ?? session.settings.whileRunning ?? "queue";
  const before = await unfinished(tx, session.id);
  const running = before.find((run) => run.status === "running");
  const [run] = await tx<Run[]>`
    insert into runs (id, session_id, external_key, requester, input, system_message, language, steers)
    values (${newId("run")}, ${session.id}, ${externalKey ?? null}, ${requester}, ${input},
      ${submission.systemMessage === undefined ? null : clean(submission.systemMessage)},
      ${submission.language ?? session.settings.language ?? core.config.LANGUAGE},
      ${mode === "steer" ? (running?.id ?? null) : null})
    on conflict (session_id, external_key) do nothing returning *`;
  if (!run) {
    const again = await sameAgain(tx, session, externalKey ?? "", input);
    return { run: again, session, created: false, wakes: [], attention: null };
  }
  const wakes: Wake[] = [{ runId: run.id, jobId: jobId(run.id, run.wake) }];
  if (session.settings.whileWaiting === "withdraw")
    wakes.push(...(await withdrawWaiting(tx, session.id, requester, core.clock())));
  if (running && mode === "interrupt")
    await tx`update runs set stop_requested = ${{ by: requester, reason: "interrupted" } as never}::jsonb
      where id = ${running.id} and stop_requested is null`;
  run.lastSeq = await appendEvents(tx, run.id, [
    {
      type: "run.queued",
      ahead: before.filter((other) => other.status !== "waiting").length,
      waiting: before.filter((other) => other.status === "waiting").length,
      mode,
    },
  ]);
  await submission.alongside?.(tx, run, session);
  return {
    run,
    session,
    created: true,
    wakes,
    attention: mode === "queue" ? null : (running?.id ?? null),
  };
}

function unfinished(tx: Query, sessionId: string) {
  return tx<{ id: string; status: Run["status"] }[]>`
    select id, status from runs where session_id = ${sessionId} and finished_at is null order by position`;
}

async function sameAgain(
  tx: Query,
  session: Session,
  externalKey: string,
  input: string,
): Promise<Run> {
  const [there] = await tx<Run[]>`
    select * from runs where session_id = ${session.id} and external_key = ${externalKey}`;
  if (!there) throw new RefusedError("not_found", `There is no run ${externalKey}`);
  if (there.input === input) return there;
  throw new RefusedError(
    "conflict",
    `"${externalKey}" was sent before with another text; give the new run an id of its own`,
  );
}

async function withdrawWaiting(
  tx: Query,
  sessionId: string,
  actor: Actor,
  now: Date,
): Promise<Wake[]> {
  const pending = await tx<{ id: string }[]>`
    select a.id from approvals a join runs r on r.id = a.run_id
    where a.session_id = ${sessionId} and a.status = 'pending' and r.status = 'waiting' order by a.id for update of a`;
  // All rows before the audit's end, which each closing takes: a decision that holds one of them waits for that.
  await tx`select id from runs where session_id = ${sessionId} and status = 'waiting' order by id for update`;
  const wakes: Wake[] = [];
  for (const { id } of pending) {
    const closed = await closeUndecided(tx, id, "withdrawn", actor, now);
    if (closed?.wake) wakes.push(closed.wake);
  }
  return wakes;
}

function refuseInput(input: string): void {
  const message =
    input.trim() === ""
      ? "should not be empty"
      : input.length > MAX_INPUT
        ? `should be at most ${MAX_INPUT} characters, this has ${input.length}`
        : undefined;
  if (message)
    throw new RefusedError("invalid", `The input ${message}`, {
      fields: [{ path: "/input", message }],
    });
}
