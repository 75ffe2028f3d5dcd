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
import { breakOff, complete, letGo, wait } from "./finish.ts";
import type { Journal } from "./journal.ts";
import { prepare } from "./prepare.ts";
import { StopRequest, TooManyCrashesError } from "./run-errors.ts";
import { takeSteering } from "./steer.ts";

/** What a worker has while it holds a run. */
export type Hold = { held: Held; journal: Journal; signal: AbortSignal; pause(): boolean };

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
  };
  try {
    return await goOn(core, claim, hold, agent, thread);
  } catch (error) {
    if (hold.signal.reason instanceof LeaseLostError) throw hold.signal.reason;
    if (error instanceof LeaseLostError) throw error;
    const standing = await readThread(agent, thread);
    return breakOff(core, claim, hold, standing?.messages ?? [], error);
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
  hold.journal.emit({
    type: "run.started",
    attempt: claim.attempt,
    model: context.models[0]?.name ?? "",
  });
  let next: AgentInput | AgentOutcome =
    claim.attempt === 1 ? start : ((await whereItStands(core, agent, thread)) ?? start);
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
        if (steering.length === 0) return letGo(core, claim, hold);
        await addToThread(
          agent,
          thread,
          steering.map((one) => one.message),
        );
        for (const { runId, message } of steering)
          hold.journal.emit({ type: "steered", runId, text: message.content });
        next = { kind: "continue" };
        break;
      }
      default: {
        const never: never = outcome;
        throw new TypeError(`Unknown outcome ${JSON.stringify(never)}`);
      }
    }
  }
}

/** How a later attempt goes on: from the checkpoint, with the decisions that have come in. Undefined: from the start. */
async function whereItStands(
  core: WorkerCore,
  agent: Agent,
  thread: ThreadConfig,
): Promise<AgentInput | AgentOutcome | undefined> {
  const standing = await readThread(agent, thread);
  if (!standing) return undefined;
  const { parked, finished, messages } = standing;
  if (finished) return { kind: "done", messages };
  if (parked.length === 0) return { kind: "continue" };
  const decided = await core.sql<{ id: string }[]>`
    select id from approvals where id = any(${parked.map((call) => call.approvalId)}) and status <> 'pending'`;
  const ids = new Set(decided.map((approval) => approval.id));
  const answered = parked.filter((call) => ids.has(call.approvalId));
  if (answered.length === 0) return { kind: "waiting", parked };
  return { kind: "resume", interrupts: answered.map((call) => call.interruptId) };
}

const OUTCOMES = ["done", "waiting", "paused"];

function isOutcome(next: AgentInput | AgentOutcome): next is AgentOutcome {
  return OUTCOMES.includes(next.kind);
}
