import type { Conversation } from "./conversation.ts";
import { isToDecide, type Pending, pendingNow, picked } from "./pending.ts";
import { review } from "./review.ts";
import { listWaiting, numberWaiting, waitingLabel } from "./waiting-list.ts";

/**
 * The command `approvals`: what waits for this person, whoever asked, here first, and what they await of others.
 * A person picks from it until nothing is left or they turn away; a script is given the list and the first card,
 * and opens another by its number.
 */
export async function openApprovals(talk: Conversation, pick: number | undefined): Promise<void> {
  const { screen, words } = talk;
  let all = await waiting(talk);
  if (pick !== undefined) {
    const chosen = picked(talk, all, pick);
    return chosen ? open(talk, chosen) : screen.say(words.noSuchApproval(pick), "warning");
  }
  if (all.length === 0) return screen.say(words.noApprovals, "faint");
  if (!screen.isInteractive && all.length > 1) listWaiting(talk, all);
  if (!screen.isInteractive || all.length === 1) {
    const first = all.find(isToDecide) ?? (all.length === 1 ? all[0] : undefined);
    return first && open(talk, first);
  }
  while (all.length > 0) {
    const chosen = await choose(talk, all);
    if (!chosen) return;
    await open(talk, chosen);
    all = await waiting(talk);
  }
}

/** All that waits, this person's turn first; what has been put off and waits no longer is forgotten. */
async function waiting(talk: Conversation): Promise<Pending[]> {
  const { here, elsewhere, ofOthers } = await pendingNow(talk);
  const all = [...here, ...elsewhere, ...ofOthers];
  const ids = new Set(all.map(({ id }) => id));
  for (const id of talk.deferred) if (!ids.has(id)) talk.deferred.delete(id);
  return all;
}

async function choose(talk: Conversation, all: Pending[]): Promise<Pending | undefined> {
  numberWaiting(talk, all);
  const id = await talk.screen.choose(talk.words.openWhich, [
    ...all.map((one, i) => ({ value: one.id, label: waitingLabel(talk, one, i) })),
    { value: "", label: talk.words.turnBack },
  ]);
  return all.find((one) => one.id === id);
}

async function open(talk: Conversation, approval: Pending): Promise<void> {
  const came = await review(talk, approval, { isPicked: true });
  if (came === "later" || (came === "voted" && talk.open.has(approval.run_id)))
    talk.deferred.add(approval.id);
  else talk.deferred.delete(approval.id);
}
