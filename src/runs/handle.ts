import { addDestination } from "#db/queries/destinations.ts";
import type { Answer } from "../adapter.ts";
import { authorise } from "../approvals/authorise.ts";
import { decide } from "../approvals/decide.ts";
import { formOf, reviewOf } from "../approvals/form-of.ts";
import { findApproval } from "../approvals/list-approvals.ts";
import { recordView } from "../approvals/record-view.ts";
import { platformOf } from "../approvals/who.ts";
import { RefusedError } from "../errors.ts";
import { type Actor, addressParts, type Inbound, type Place, type Review } from "../events.ts";
import { channelSettings } from "../sessions/channel-settings.ts";
import { addJob, type Core, TOPICS } from "./core.ts";
import { refuseStranger } from "./refuse-stranger.ts";
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
  if (platformOf(inbound.actor) !== platformOf(inbound.place))
    throw new RefusedError("forbidden", `${inbound.actor} is nobody at ${inbound.place}`);
  switch (inbound.kind) {
    case "message": {
      await refuseStranger(core, inbound);
      await submit(core, {
        session: {
          kind: "place",
          place: inbound.place,
          owner: inbound.actor,
          settings: channelSettings(core.config.file.channels, inbound.place),
        },
        requester: inbound.actor,
        input: inbound.text,
        externalKey: inbound.key,
        ...(inbound.language && { language: inbound.language }),
        ...(inbound.whileRunning && { whileRunning: inbound.whileRunning }),
        alongside: (tx, run) => addDestination(tx, run.id, inbound.place),
      });
      return { kind: "stored" };
    }
    case "decision":
      return take(core, inbound, inbound.review);
    case "stop": {
      for (const id of await runsToStop(core, inbound)) await stopRun(core, id, inbound.actor);
      return { kind: "stored" };
    }
    case "message.edited":
      return editQueued(core, inbound.original, inbound.actor, inbound.text);
    case "message.deleted":
      return withdrawQueued(core, inbound.original, inbound.actor);
    case "form.requested":
      return openForm(core, inbound);
    case "form.submitted":
      return submitForm(core, inbound);
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

type AboutApproval = { approvalId: string; actor: Actor; place: Place; digest?: string };

async function take(
  core: Core,
  { approvalId, actor, place, digest }: AboutApproval,
  review: Review,
): Promise<Answer> {
  const [via = ""] = addressParts(place);
  const shown = digest === undefined ? {} : { digest };
  const { approval, wake } = await decide(core, { approvalId, actor, review, via, ...shown });
  core.announcements.publish(TOPICS.journal, {
    runId: approval.runId,
    sessionId: approval.sessionId,
  });
  await addJob(core, wake);
  return { kind: "stored" };
}

/** A form is opened only for those who may decide, while there is something to decide. */
async function openForm(
  core: Core,
  inbound: Extract<Inbound, { kind: "form.requested" }>,
): Promise<Answer> {
  const approval = await findApproval(core.sql, inbound.approvalId);
  if (approval.status !== "pending")
    throw new RefusedError("conflict", `${approval.id} is ${approval.status} already`);
  await authorise(core, approval, inbound.actor);
  return {
    kind: "form",
    form: formOf(approval, inbound.type, inbound.language ?? core.config.LANGUAGE),
  };
}

async function submitForm(
  core: Core,
  inbound: Extract<Inbound, { kind: "form.submitted" }>,
): Promise<Answer> {
  const { approvalId, actor, type, values, language = core.config.LANGUAGE } = inbound;
  const approval = await findApproval(core.sql, approvalId);
  const read = reviewOf(approval, type, values, language);
  if (!read.ok) return { kind: "fieldErrors", errors: read.errors };
  const [via = ""] = addressParts(inbound.place);
  if (type === "view")
    await recordView(core.sql, approvalId, actor, via, inbound.digest ?? approval.digest);
  return take(core, inbound, read.review);
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
