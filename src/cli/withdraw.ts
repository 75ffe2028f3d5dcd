import { ApiError } from "../client/api-error.ts";
import { outcomeOf } from "./card-text.ts";
import type { Conversation } from "./conversation.ts";
import { type Pending, pendingNow, picked } from "./pending.ts";
import { tellClosed } from "./send-decision.ts";
import { tellOutcome } from "./tell-outcome.ts";
import { listWaiting, numberWaiting, waitingLabel } from "./waiting-list.ts";

/** The command `withdraw`: takes back a call of this person's, the one that they pick, saw last, or the only one. */
export async function withdraw(talk: Conversation, pick: number | undefined): Promise<void> {
  const { screen, words } = talk;
  const { here, elsewhere, ofOthers } = await pendingNow(talk);
  const all = [...here, ...elsewhere, ...ofOthers];
  if (pick !== undefined) {
    const chosen = picked(talk, all, pick);
    if (!chosen) return screen.say(words.noSuchApproval(pick), "warning");
    if (!chosen.isAsked) return screen.say(words.notAskedByYou, "warning");
    await takeBack(talk, chosen);
    return;
  }
  const own = all.filter(({ isAsked }) => isAsked);
  if (own.length === 0) return screen.say(words.nothingToWithdraw, "faint");
  const chosen = own.length === 1 ? own[0] : await choose(talk, own);
  if (chosen) await takeBack(talk, chosen);
}

async function choose(talk: Conversation, own: Pending[]): Promise<Pending | undefined> {
  const { screen, words, about } = talk;
  if (screen.isInteractive) {
    numberWaiting(talk, own);
    const id = await screen.choose(words.withdrawWhich, [
      { value: "", label: words.turnBack },
      ...own.map((one, i) => ({ value: one.id, label: waitingLabel(talk, one, i) })),
    ]);
    return own.find((one) => one.id === id);
  }
  const seen = own.find(({ id }) => id === about);
  if (seen) return seen;
  listWaiting(talk, own);
  screen.say(words.howToWithdraw);
  return undefined;
}

/** Takes a call back that nobody has decided. */
export async function takeBack(
  talk: Conversation,
  approval: Pending,
): Promise<"decided" | "later"> {
  try {
    const now = await talk.client.withdrawApproval(approval.id, { user_id: talk.user });
    tellOutcome(talk, approval.id, outcomeOf(now));
    return "decided";
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    const { code } = error.problem;
    if (code !== "conflict" && code !== "not_found") throw error;
    const sent = await tellClosed(talk, approval);
    return sent.kind === "decided" ? "decided" : "later";
  }
}
