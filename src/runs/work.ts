import { HeldWrites } from "#db/held-writes.ts";
import { isAway } from "#db/is-away.ts";
import type { Held } from "#db/queries/append-events.ts";
import type { Claim } from "#db/queries/claim-run.ts";
import type { Ended } from "#db/queries/end-run.ts";
import type { Agent } from "../agent/build-agent.ts";
import {
  type AgentInput,
  type AgentOutcome,
  addToThread,
  readThread,
  runAgent,
  type ThreadConfig,
} from "../agent/run-agent.ts";
import { LeaseLostError } from "../errors.ts";
import { agentFor } from "./agent-for.ts";
import type { WorkerCore } from "./core.ts";
import { discardUnfinished } from "./discard-unfinished.ts";
import { breakOff, complete, humanMessage, letGo, wait } from "./finish.ts";
import type { Journal } from "./journal.ts";
import { prepare, type Start } from "./prepare.ts";
import { StopRequest, TooManyCrashesError } from "./run-errors.ts";
import { type Steering, takenBefore, takeSteering } from "./steer.ts";

/** What a worker has while it holds a run. */
export type Hold = {
  held: Held;
  journal: Journal;
  signal: AbortSignal;
  /** Whether to stop before the next model call: this process is to end, or something steers the run. */
  pause(): boolean | Promise<boolean>;
  draining(): boolean;
};

/** A run whose workers died this often is what kills them. */
const MOST_CRASHES = 5;

/** Works on a claimed run until it ends, waits or is let go. Rejects where the lease is lost or the database away. */
export async function work(core: WorkerCore, claim: Claim, hold: Hold): Promise<Ended> {
  const agent = await agentFor(core);
  const thread: ThreadConfig = {
    threadId: claim.id,
    lease: hold.held.name,
    fence: hold.held.fence,
    maxSteps: core.config.MAX_STEPS,
    held: new HeldWrites(claim.attempt === 1),
  };
  try {
    return await goOn(core, claim, hold, agent, thread);
  } catch (error) {
    if (hold.signal.reason instanceof LeaseLostError) throw hold.signal.reason;
    // Not the run's fault where the database was away: it goes on from its checkpoint when that is back.
    if (error instanceof LeaseLostError || isAway(error)) throw error;
    const messages = (await readThread(agent, thread))?.messages ?? [humanMessage(claim)];
    const late = await takenBefore(core, claim, messages);
    return breakOff(core, claim, hold, [...messages, ...late.map((one) => one.message)], error);
  }
}

async function goOn(
  core: WorkerCore,
  claim: Claim,
  hold: Hold,
  agent: Agent,
  thread: ThreadConfig,
): Promise<Ended> {
  hold.signal.throwIfAborted();
  if (claim.stopRequested) throw new StopRequest();
  if (claim.recoveries > MOST_CRASHES) throw new TooManyCrashesError(claim.recoveries);
  const { context, start } = await prepare(core, claim, hold);
  const course: Course = { core, claim, hold, agent, thread, start };
  hold.journal.emit({
    type: "run.started",
    attempt: claim.attempt,
    model: context.models[0]?.name ?? "",
  });
  let next: AgentInput | AgentOutcome = claim.attempt === 1 ? start : await whereItStands(course);
  for (;;) {
    const outcome = isOutcome(next) ? next : await runAgent(agent, next, context, thread);
    switch (outcome.kind) {
      case "done":
        return complete(core, claim, hold, outcome.messages);
      case "waiting":
        return wait(
          core,
          claim,
          hold,
          outcome.parked.map((call) => call.approvalId),
        );
      case "paused": {
        const steering = await takeSteering(core, claim, hold.held);
        if (steering.length > 0) next = await takeIn(course, steering);
        else if (hold.draining()) return letGo(core, claim, hold);
        else next = (await readThread(agent, thread)) ? { kind: "continue" } : course.start;
        break;
      }
      default: {
        const never: never = outcome;
        throw new TypeError(`Unknown outcome ${JSON.stringify(never)}`);
      }
    }
  }
}

type Course = {
  core: WorkerCore;
  claim: Claim;
  hold: Hold;
  agent: Agent;
  thread: ThreadConfig;
  /** How the run begins where it has no checkpoint yet, with what steered it before that. */
  start: Start;
};

/** How a later attempt goes on: from the checkpoint, with the decisions that have come in, or from the start. */
async function whereItStands(course: Course): Promise<AgentInput | AgentOutcome> {
  const { core, claim, hold, agent, thread } = course;
  const standing = await readThread(agent, thread);
  const messages = standing?.messages ?? [];
  await discardUnfinished(core, claim, hold.journal, messages);
  const late = await takenBefore(core, claim, messages);
  if (late.length > 0) return takeIn(course, late);
  if (!standing) return course.start;
  const { parked, finished, open } = standing;
  if (finished) return { kind: "done", messages };
  const decided = await core.sql<{ id: string; decidedBy: string | null }[]>`
    select id, decided_by from approvals where id = any(${parked.map((call) => call.approvalId)}) and status <> 'pending'`;
  const ids = new Set(decided.map((approval) => approval.id));
  const answered = parked.filter((call) => ids.has(call.approvalId));
  if (answered.length > 0) {
    hold.journal.emit({ type: "run.resumed", by: decided[0]?.decidedBy ?? null });
    return { kind: "resume", interrupts: answered.map((call) => call.interruptId) };
  }
  return open || parked.length === 0 ? { kind: "continue" } : { kind: "waiting", parked };
}

/** Puts what steers the run behind what it has, and says how it goes on. */
async function takeIn(course: Course, steering: Steering[]): Promise<AgentInput> {
  const { agent, thread, hold, start } = course;
  const messages = steering.map((one) => one.message);
  for (const { runId, message } of steering)
    hold.journal.emit({ type: "steered", runId, text: message.content });
  if (await readThread(agent, thread)) {
    await addToThread(agent, thread, messages);
    return { kind: "continue" };
  }
  course.start = { ...start, messages: [...start.messages, ...messages] };
  return course.start;
}

const OUTCOMES = ["done", "waiting", "paused"];

function isOutcome(next: AgentInput | AgentOutcome): next is AgentOutcome {
  return OUTCOMES.includes(next.kind);
}
