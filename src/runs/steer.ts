import { appendEvents, type Held } from "#db/queries/append-events.ts";
import type { Claim } from "#db/queries/claim-run.ts";
import type { Run } from "#db/schema/runs.ts";
import type { StoredMessage } from "../message.ts";
import type { WorkerCore } from "./core.ts";

export type Steering = { runId: string; message: StoredMessage };

/**
 * Takes the messages that steer a run into it: their own runs end here, answered by this one. What comes too late for
 * the last model call stays queued and becomes a turn of its own.
 */
export async function takeSteering(
  core: WorkerCore,
  claim: Claim,
  held: Held,
): Promise<Steering[]> {
  return core.sql.begin(async (tx) => {
    const taken = await tx<Steerer[]>`
      with held as (select 1 from leases where name = ${held.name} and fence = ${held.fence} for share)
      update runs set status = 'completed', finished_at = now(), updated_at = now(), answer = ''
      where steers = ${claim.id} and status = 'queued' and attempt = 0 and exists (select from held)
      returning id, input, position`;
    for (const run of taken) {
      await appendEvents(tx, run.id, [
        { type: "steered", runId: claim.id, text: run.input },
        { type: "run.completed", answer: "" },
      ]);
    }
    return taken.sort((a, b) => a.position - b.position).map(toSteering);
  });
}

/** What was taken in, but is not among the messages that the thread has: its worker died in between. */
export async function takenBefore(
  core: WorkerCore,
  claim: Claim,
  known: StoredMessage[],
): Promise<Steering[]> {
  const taken = await core.sql<Steerer[]>`
    select id, input, position from runs
    where session_id = ${claim.sessionId} and steers = ${claim.id} and status = 'completed' and attempt = 0
    order by position`;
  const ids = new Set(known.map((message) => message.id));
  return taken.map(toSteering).filter(({ message }) => !ids.has(message.id));
}

type Steerer = Pick<Run, "id" | "input" | "position">;

function toSteering({ id, input }: Steerer): Steering {
  return { runId: id, message: { type: "human", id: `${id}/0`, content: input } };
}
