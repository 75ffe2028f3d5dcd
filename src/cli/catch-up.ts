import { ApiError } from "../client/api-error.ts";
import type { Review } from "../events.ts";
import { parseArgs } from "./commands.ts";
import type { Conversation } from "./conversation.ts";
import { follow } from "./follow.ts";
import { type Pending, pendingNow, pendingOf } from "./pending.ts";
import { decide, review } from "./review.ts";

/**
 * Brings the screen up to date before the next line is asked for: shows what the open runs do until each has ended
 * or waits for what the person has put off. Approvals that are new to them are asked about, one after another.
 */
export async function catchUp(talk: Conversation): Promise<void> {
  for (const runId of [...talk.open.keys()]) {
    try {
      await catchUpWith(talk, runId);
    } catch (error) {
      if (!(error instanceof ApiError && error.problem.code === "not_found")) throw error;
      talk.open.delete(runId);
      talk.screen.say(talk.words.gone(error.message), "warning");
    }
    if (talk.isLeaving) return;
  }
  await remind(talk);
}

async function catchUpWith(talk: Conversation, runId: string): Promise<void> {
  for (let open = talk.open.get(runId); open && !talk.isLeaving; open = talk.open.get(runId)) {
    const run = await talk.client.run(runId);
    if (run.status !== "waiting" || run.last_seq > open.after) {
      await follow(talk, runId);
      continue;
    }
    const fresh = (await pendingOf(talk, runId)).filter(({ id }) => !talk.deferred.has(id));
    if (fresh.length === 0) return;
    await reviewAll(talk, fresh);
  }
}

/** Asks about approvals until one is put off; then the others are, too. What others decide is only shown. */
async function reviewAll(talk: Conversation, approvals: Pending[]): Promise<void> {
  let isPuttingOff = false;
  for (const approval of approvals) {
    if (!isPuttingOff && approval.isMine) talk.shown = approval.id;
    if (!isPuttingOff && (await review(talk, approval)) === "decided") continue;
    isPuttingOff ||= approval.isMine;
    talk.deferred.add(approval.id);
  }
}

/** What is put off is not forgotten: people are told how many, a script is shown the next. */
async function remind(talk: Conversation): Promise<void> {
  const { screen, words, deferred } = talk;
  if (deferred.size === 0) return;
  if (screen.isInteractive) return screen.say(words.stillWaiting(deferred.size), "warning");
  if (talk.shown !== undefined && deferred.has(talk.shown)) return;
  const { here } = await pendingNow(talk);
  await reviewAll(talk, here.slice(0, 1));
}

/** The command `approvals`: asks about all that waits for this person, here first, then in their other sessions. */
export async function askAgain(talk: Conversation): Promise<void> {
  const { here, elsewhere } = await pendingNow(talk);
  const all = [...here, ...elsewhere];
  if (all.length === 0) return talk.screen.say(talk.words.noApprovals, "faint");
  talk.deferred.clear();
  await reviewAll(talk, all);
}

/** A decision that came as a line: it is about the approval that was shown last. */
export async function decideShown(
  talk: Conversation,
  answer: Review | { type: "edit" | "respond"; ask: true },
): Promise<void> {
  const { screen, words, client } = talk;
  if (talk.shown === undefined) return screen.say(words.noApprovals, "warning");
  const approval = await client.approval(talk.shown, talk.user);
  const whole = "ask" in answer ? await askRest(talk, answer.type) : answer;
  if (whole === undefined) return;
  const sent = await decide(talk, approval, whole);
  if (sent.kind === "refused") screen.say(sent.words, "warning");
}

async function askRest(
  { screen, words }: Conversation,
  type: "edit" | "respond",
): Promise<Review | undefined> {
  const text = await screen.ask(type === "edit" ? words.askArgs : words.askResponse);
  if (text === undefined) return undefined;
  if (type === "respond") return { type, message: text };
  const args = parseArgs(text);
  if (!args) screen.say(words.faults.object, "warning");
  return args && { type, args };
}
