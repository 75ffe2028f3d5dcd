import type { Directory } from "../adapter.ts";
import type { Actor, Place } from "../events.ts";
import type { Rule } from "./rule.ts";

export type Decider = {
  actor: Actor;
  requester: Actor;
  /** Where the call was asked for. */
  place: Place;
  /** Where the card stands that the actor answers; `place` when absent. */
  from?: Place;
  /** How many escalations have been climbed: each adds its approvers. */
  stage: number;
  /** What the actor's API key may do; none on chat. */
  scopes?: ReadonlySet<string>;
};

export type May = { yes: true } | { yes: false; why: string };

/**
 * Whether somebody may decide under the rule that an approval was made with, asked at the moment of the
 * decision. `directory` is that of the actor's platform. Never rejects: what can't be resolved is a no.
 */
export async function mayDecide(
  rule: Rule,
  { actor, requester }: Decider,
  _directory: Directory | undefined,
  _signal: AbortSignal,
): Promise<May> {
  return rule.approvers.includes("requester") && actor === requester
    ? { yes: true }
    : { yes: false, why: "not an approver" };
}
