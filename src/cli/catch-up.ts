import { ApiError } from "../client/api-error.ts";
import type { Conversation } from "./conversation.ts";
import { follow } from "./follow.ts";
import { parseArgs } from "./parse-args.ts";
import type { Answer, TypedDecision } from "./parse-decision.ts";
import { findPending, isToDecide, type Pending, pendingNow, pendingOf } from "./pending.ts";
import { type Reviewed, review } from "./review.ts";
import { sendDecision } from "./send-decision.ts";

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
    const came: Reviewed = isPuttingOff ? "later" : await review(talk, approval);
    if (came === "decided") continue;
    isPuttingOff ||= came === "later" && isToDecide(approval);
    talk.deferred.add(approval.id);
  }
}

/** What is put off is not forgotten: people are told how many, a script is shown the next. */
async function remind(talk: Conversation): Promise<void> {
  const { screen, words, deferred } = talk;
  if (deferred.size === 0) return;
  if (screen.isInteractive) return screen.say(words.stillWaiting(deferred.size), "warning");
  if (talk.shown !== undefined && deferred.has(talk.shown.id)) return;
  const { here } = await pendingNow(talk);
  await reviewAll(talk, here.slice(0, 1));
}

/** A decision that came as a line: it is about the approval that was shown last, as it was shown. */
export async function decideShown(talk: Conversation, typed: TypedDecision): Promise<void> {
  const { screen, words, shown } = talk;
  if (shown === undefined) return screen.say(words.noApprovals, "warning");
  const answer = "ask" in typed ? await askRest(talk, typed.type) : typed;
  if (answer === undefined) return;
  const sent = await sendDecision(talk, shown, answer);
  switch (sent.kind) {
    case "refused":
      return screen.say(sent.words, "warning");
    case "changed": {
      const now = await findPending(talk, shown.id);
      if (now) await review(talk, now, { isPicked: true });
      return;
    }
    case "voted":
      talk.shown = undefined;
      if (!talk.open.has(shown.run_id)) talk.deferred.delete(shown.id);
      return;
    case "decided":
    case "barred":
      return;
    default: {
      const never: never = sent;
      throw new TypeError(`Unknown end ${JSON.stringify(never)}`);
    }
  }
}

async function askRest(
  { screen, words }: Conversation,
  type: "edit" | "respond",
): Promise<Answer | undefined> {
  const text = await screen.ask(type === "edit" ? words.askArgs : words.askResponse);
  if (text === undefined) return undefined;
  if (type === "respond") return { type, message: text };
  const args = parseArgs(text);
  if (!args) screen.say(words.faults.object, "warning");
  return args && { type, args };
}
