import { shorten } from "../text.ts";
import { argLine, whoIs, whoMay } from "./card-text.ts";
import type { Conversation } from "./conversation.ts";
import { isToDecide, type Pending } from "./pending.ts";

/** Lists approvals with their numbers, which stand for them from now on. */
export function listWaiting(talk: Conversation, approvals: Pending[]): void {
  numberWaiting(talk, approvals);
  talk.screen.say(approvals.map((one, i) => waitingLabel(talk, one, i)).join("\n"));
}

export function numberWaiting(talk: Conversation, approvals: Pending[]): void {
  talk.listed = approvals.map(({ id }) => id);
}

/** One that waits, on a line: its number, the call, who asked for it and who decides it. */
export function waitingLabel({ user, words }: Conversation, approval: Pending, at: number): string {
  const { tool, args, edited_args, requester, approvers, isAsked } = approval;
  const shown = Object.entries(edited_args ?? args).map(([name, value]) => argLine(name, value));
  const call = shorten([tool, ...(shown.length > 0 ? [shown.join(", ")] : [])].join(": "), 80);
  const notes = [
    ...(isAsked ? [] : [words.askedBy(whoIs(requester, user, words))]),
    ...(isToDecide(approval)
      ? []
      : [words.waitsFor(approvers.map((who) => whoMay(who, user, words)))]),
  ];
  return [`${at + 1}. ${call}`, ...notes].join(" · ");
}
