import { addDestination } from "#db/queries/destinations.ts";
import type { Answer } from "../adapter.ts";
import { decide } from "../approvals/decide.ts";
import { RefusedError } from "../errors.ts";
import type { Inbound } from "../events.ts";
import { addJob, type Core, TOPICS } from "./core.ts";
import { stopRun } from "./stop.ts";
import { submit } from "./submit.ts";

/**
 * What becomes of an inbound event from a platform. What people may not do, or did too late, is told them as a
 * notice. Rejects for faults of ours only: the event then stays in the inbox and is handled again.
 */
export async function handle(core: Core, inbound: Inbound): Promise<Answer> {
  try {
    return await act(core, inbound);
  } catch (error) {
    if (error instanceof RefusedError) {
      if (error.fields.length > 0) return { kind: "fieldErrors", errors: error.fields };
      return { kind: "notice", text: error.message };
    }
    throw error;
  }
}

async function act(core: Core, inbound: Inbound): Promise<Answer> {
  switch (inbound.kind) {
    case "message": {
      await submit(core, {
        session: { kind: "place", place: inbound.place, owner: inbound.actor },
        requester: inbound.actor,
        input: inbound.text,
        externalKey: inbound.key,
        ...(inbound.language && { language: inbound.language }),
        ...(inbound.whileRunning && { whileRunning: inbound.whileRunning }),
        alongside: (tx, run) => addDestination(tx, run.id, inbound.place),
      });
      return { kind: "stored" };
    }
    case "decision": {
      const { approvalId, actor, review } = inbound;
      const via = inbound.place.split(":")[0] ?? "";
      const { approval, wake } = await decide(core, {
        approvalId,
        actor,
        review,
        via,
      });
      core.announcements.publish(TOPICS.journal, {
        runId: approval.runId,
        sessionId: approval.sessionId,
      });
      await addJob(core, wake);
      return { kind: "stored" };
    }
    case "stop": {
      for (const id of await runsToStop(core, inbound)) await stopRun(core, id, inbound.actor);
      return { kind: "stored" };
    }
    case "message.edited":
      return editQueued(core, inbound.original, inbound.actor, inbound.text);
    case "message.deleted":
      return withdrawQueued(core, inbound.original, inbound.actor);
    case "form.requested":
    case "form.submitted":
    case "command":
    case "choices":
    case "feedback":
      return { kind: "notice", text: `"${inbound.kind}" is not served at this place` };
    default: {
      const never: never = inbound;
      throw new TypeError(`Unknown inbound event ${JSON.stringify(never)}`);
    }
  }
}

/** The run that is named, or all that have not ended at the place. */
async function runsToStop(
  core: Core,
  inbound: Extract<Inbound, { kind: "stop" }>,
): Promise<string[]> {
  const rows = await core.sql<{ id: string }[]>`
    select r.id from runs r join sessions s on s.id = r.session_id
    where s.place = ${inbound.place} and r.finished_at is null
      ${inbound.runId === undefined ? core.sql`` : core.sql`and r.id = ${inbound.runId}`}
    order by r.position desc`;
  return rows.map((row) => row.id);
}

/** A message that still waits its turn is changed; one that is being answered is not. */
async function editQueued(
  core: Core,
  original: string,
  actor: string,
  text: string,
): Promise<Answer> {
  await core.sql`
    update runs set input = ${text}, updated_at = now()
    where external_key = ${original} and requester = ${actor} and status = 'queued' and attempt = 0`;
  return { kind: "stored" };
}

async function withdrawQueued(core: Core, original: string, actor: string): Promise<Answer> {
  const rows = await core.sql<{ id: string }[]>`
    select id from runs
    where external_key = ${original} and requester = ${actor} and status = 'queued' and attempt = 0`;
  for (const { id } of rows) await stopRun(core, id, actor, "deleted");
  return { kind: "stored" };
}
