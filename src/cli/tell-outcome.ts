import { type Outcome, outcomeText } from "./card-text.ts";
import type { Conversation } from "./conversation.ts";

/** Tells how an approval ended, once: the answer to a decision and the journal both say it. */
export function tellOutcome(talk: Conversation, approvalId: string, outcome: Outcome): void {
  talk.deferred.delete(approvalId);
  if (talk.told.has(approvalId)) return;
  talk.told.add(approvalId);
  talk.about = approvalId;
  const went = outcome.status === "accepted" || outcome.status === "edited";
  talk.screen.say(outcomeText(outcome, talk.user, talk.words), went ? "good" : "warning");
}
