import type { FieldError } from "../adapter.ts";
import type { ApprovalBody, DecideBody } from "../api.ts";
import { ApiError } from "../client/api-error.ts";
import { outcomeOf } from "./card-text.ts";
import type { Conversation } from "./conversation.ts";
import { fieldWords } from "./fault-words.ts";
import { tellGrant } from "./grants.ts";
import type { Answer } from "./parse-decision.ts";
import { tellOutcome } from "./tell-outcome.ts";

/**
 * What came of a decision. `voted`: it counts, others have to consent as well; `barred`: it is not this person's, here;
 * `changed`: somebody put in other arguments than were shown; `refused`: another answer may do.
 */
export type Sent =
  | { kind: "decided" | "voted" | "barred" | "changed" }
  | { kind: "refused"; words: string; errors: FieldError[] };

/** Sends a decision about the arguments that were shown, and tells what came of it, but for what was `refused`. */
export async function sendDecision(
  talk: Conversation,
  approval: ApprovalBody,
  answer: Answer,
): Promise<Sent> {
  const { client, screen, words } = talk;
  const body: DecideBody = { ...answer, user_id: talk.user, digest: approval.current_digest };
  const isGranting = "grant" in answer;
  if (isGranting && !approval.grantable)
    return { kind: "refused", words: words.notGrantable(approval.tool), errors: [] };
  try {
    const now = await client.decide(approval.id, body);
    if (now.status === "pending") {
      if (!talk.open.has(now.run_id)) screen.say(words.voted(words.byYou, now.tool), "good");
      if (isGranting) screen.say(words.notGrantedYet, "warning");
      return { kind: "voted" };
    }
    tellOutcome(talk, approval.id, outcomeOf(now));
    if (isGranting) await tellGrant(talk, approval.id);
    return { kind: "decided" };
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    switch (error.problem.code) {
      case "conflict":
      case "not_found":
        return tellClosed(talk, approval);
      case "forbidden":
        screen.say(
          approval.tier === "dashboard" ? words.dashboardOnly : words.notHere(error.message),
          "warning",
        );
        return { kind: "barred" };
      case "invalid":
      case "too_large":
        return { kind: "refused", words: fieldWords(error), errors: error.problem.errors ?? [] };
      default:
        throw error;
    }
  }
}

/** It was decided elsewhere, its time ran out, its run is gone; or it waits on, for others or with other arguments. */
export async function tellClosed(talk: Conversation, approval: ApprovalBody): Promise<Sent> {
  const { client, screen, words } = talk;
  if (talk.told.has(approval.id)) return { kind: "decided" };
  try {
    const now = await client.approval(approval.id, talk.user);
    const isSame = now.current_digest === approval.current_digest;
    const hasVoted = now.votes.some(({ by }) => by === talk.user);
    if (now.status !== "pending" || (isSame && !hasVoted)) {
      screen.say(words.meanwhile, "warning");
      // Its time may be over before anybody has written that down.
      const status = now.status === "pending" ? "expired" : now.status;
      tellOutcome(talk, approval.id, { ...outcomeOf(now), status });
      return { kind: "decided" };
    }
    screen.say(isSame ? words.votedAlready : words.changedMeanwhile, "warning");
    return { kind: isSame ? "voted" : "changed" };
  } catch (error) {
    if (!(error instanceof ApiError && error.problem.code === "not_found")) throw error;
    screen.say(words.gone(error.message), "warning");
    return { kind: "decided" };
  }
}
