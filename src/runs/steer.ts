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
    const taken = await tx<Pick<Run, "id" | "input">[]>`
      update runs set status = 'completed', finished_at = now(), updated_at = now(), answer = ''
      where steers = ${claim.id} and status = 'queued' and attempt = 0
        and exists (select 1 from leases where name = ${held.name} and fence = ${held.fence})
      returning id, input`;
    taken.sort((a, b) => (a.id < b.id ? -1 : 1));
    for (const run of taken) {
      await appendEvents(tx, run.id, [
        { type: "steered", runId: claim.id, text: run.input },
        { type: "run.completed", answer: "" },
      ]);
    }
    return taken.map((run) => ({
      runId: run.id,
      message: { type: "human" as const, id: `${run.id}/0`, content: run.input },
    }));
  });
}
