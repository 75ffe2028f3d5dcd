import type { Approval } from "#db/schema/approvals.ts";
import type { Directory } from "../adapter.ts";
import { RefusedError } from "../errors.ts";
import { type Actor, address, addressParts } from "../events.ts";
import { mayDecide } from "./may-decide.ts";
import type { Rule } from "./rule.ts";
import { isGuarded } from "./tiers.ts";

export type Authorising = {
  /** Who knows the people of this actor's platform; undefined where nobody does. */
  directoryOf(actor: Actor): Directory | undefined;
};

const ASK_MS = 2_500;
/** How the actors of callers without an API key begin: they are whoever they say. */
const UNPROVEN = address("api", "local/");

/**
 * Whether `actor` may decide this approval now: asked anew at each decision and each form, on whatever path.
 * Throws RefusedError forbidden with the reason, and for tier `dashboard` with the place to go.
 */
export async function authorise(
  deps: Authorising,
  approval: Approval,
  actor: Actor,
  scopes?: ReadonlySet<string>,
): Promise<void> {
  if (!isSpelled(actor))
    throw new RefusedError("forbidden", `${actor} is not how an actor is written`);
  if (approval.tier === "dashboard" && !scopes?.has("approvals:dashboard"))
    throw new RefusedError(
      "forbidden",
      `${approval.tool} is decided in the dashboard only: over /v1 or the terminal, with a key of scope approvals:dashboard`,
    );
  if (isGuarded(approval.tier) && actor.startsWith(UNPROVEN))
    throw new RefusedError(
      "forbidden",
      `${approval.tool} is ${approval.tier}, and without API_KEYS anybody can say to be anybody: it is decided with a key`,
    );
  const { requester, place, stage } = approval;
  const answer = await mayDecide(
    approval.rule as Rule,
    { actor, requester, place, stage, ...(scopes && { scopes }) },
    deps.directoryOf(actor),
    AbortSignal.timeout(ASK_MS),
  );
  if (!answer.yes)
    throw new RefusedError("forbidden", `${actor} may not decide ${approval.id}: ${answer.why}`);
}

/** Whether an actor is written in the one way that its parts are: another spelling would be another vote. */
function isSpelled(actor: Actor): boolean {
  try {
    return address(...addressParts(actor)) === actor;
  } catch {
    return false;
  }
}
