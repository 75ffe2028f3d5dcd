import type { Sql } from "#db/client.ts";
import { markHandled } from "#db/queries/inbox.ts";
import type { Answer } from "../adapter.ts";
import { RefusedError } from "../errors.ts";
import type { Inbound } from "../events.ts";
import { clean, shorten } from "../text.ts";
import { unlessAborted } from "./unless-aborted.ts";

/**
 * What an event does. It may be called again with the same `inbound.key` when a process dies on the way, so a
 * second call must do nothing more. A RefusedError is a refusal for the person who acted (not
 * `unavailable`); anything else that it throws is a fault, and the event is handled again later.
 */
export type Handle = (inbound: Inbound, signal: AbortSignal) => Promise<Answer>;

/** The longest that an event's handling may take, in ms; what is left over longer than this is swept up. */
export const HANDLE_MS = 20_000;

/** Handles a stored event and marks it with what became of it. Rejects with the handler's fault, or the database's. */
export async function handleStored(
  deps: { sql: Sql; handle: Handle },
  inbound: Inbound,
  signal: AbortSignal,
): Promise<Answer> {
  const answer = await handleOnce(deps.handle, inbound, signal);
  await markHandled(deps.sql, inbound.key, shorten(clean(outcomeOf(answer)), 1000));
  return answer;
}

/** The handler's answer; a refusal is a notice, or errors at the fields of the form that was sent. */
export async function handleOnce(
  handle: Handle,
  inbound: Inbound,
  signal: AbortSignal,
): Promise<Answer> {
  try {
    return await unlessAborted(signal, () => handle(inbound, signal));
  } catch (error) {
    if (!(error instanceof RefusedError) || error.code === "unavailable") throw error;
    if (inbound.kind === "form.submitted" && error.fields.length > 0)
      return { kind: "fieldErrors", errors: error.fields };
    return { kind: "notice", text: error.message };
  }
}

function outcomeOf(answer: Answer): string {
  switch (answer.kind) {
    case "notice":
      return answer.text;
    case "fieldErrors":
      return answer.errors.map(({ path, message }) => `${path}: ${message}`).join("; ");
    case "stored":
    case "form":
    case "choices":
      return answer.kind;
    default: {
      const never: never = answer;
      return never;
    }
  }
}
