import { askDecision, askFor } from "./ask-decision.ts";
import { mayGrant } from "./ask-grant.ts";
import { whoMay } from "./card-text.ts";
import type { Conversation } from "./conversation.ts";
import { type Draft, hasFaults } from "./edit-form.ts";
import { findPending, type Pending } from "./pending.ts";
import { sendDecision, tellClosed } from "./send-decision.ts";
import { showCard, showRest } from "./show-card.ts";
import { takeBack } from "./withdraw.ts";

/** `decided` by whomever; `voted`: others have to consent as well; `later`: it waits on. */
export type Reviewed = "decided" | "voted" | "later";

/**
 * Shows an approval and asks for a decision until there is one, here or elsewhere, or the person puts it off.
 * On a screen of lines it only says how to answer: the answer comes as a line (`decideShown`). What is not this
 * person's to decide is only shown; one that they picked themselves they may take back, or decide anew.
 */
export async function review(
  talk: Conversation,
  approval: Pending,
  { isPicked = false } = {},
): Promise<Reviewed> {
  const { screen, words } = talk;
  talk.about = approval.id;
  const view = await showCard(talk, approval);
  const bar = barTo(talk, approval, isPicked);
  if (bar !== undefined) screen.say(bar, "warning");
  if (!screen.isInteractive) {
    talk.shown = bar === undefined ? approval : undefined;
    if (bar === undefined) screen.say(words.howToDecide(linesFor(talk, approval)));
    return "later";
  }
  const canWithdraw = isPicked && approval.isAsked && !approval.isMine;
  if (bar !== undefined && !canWithdraw) return "later";

  using watch = watchClosing(talk, approval);
  let draft: Draft = { args: approval.edited_args ?? approval.args, errors: [] };
  for (;;) {
    const answer =
      draft.errors.length > 0
        ? await askFor(talk, approval, "edit", draft, watch.signal)
        : await askDecision(talk, approval, view, draft, watch.signal);
    if (watch.signal.aborted) return afterClosing(talk, approval, isPicked);
    draft = { args: draft.args, errors: [] };
    if (answer === undefined) continue;
    if (answer === "later") return "later";
    if (answer === "view") {
      await showRest(talk, approval, view, watch.signal);
      continue;
    }
    if (answer === "withdraw") return takeBack(talk, approval);
    const sent = await sendDecision(talk, approval, answer);
    if (sent.kind === "barred") return "later";
    if (sent.kind === "changed") return again(talk, approval, isPicked);
    if (sent.kind !== "refused") return sent.kind;
    if (answer.type === "edit") draft = { args: answer.args, errors: sent.errors };
    if (!hasFaults(draft)) screen.say(sent.words, "warning");
  }
}

/** Why a person cannot decide it here; undefined where they can. */
function barTo(
  { words, user, server }: Conversation,
  approval: Pending,
  isPicked: boolean,
): string | undefined {
  const isElsewhere = approval.tier === "dashboard" && !server.hasKey;
  if (approval.isMine && isElsewhere) return words.dashboardOnly;
  if (approval.isMine) return approval.hasVoted && !isPicked ? words.votedAlready : undefined;
  const others = words.othersDecide(approval.approvers.map((who) => whoMay(who, user, words)));
  return isElsewhere ? `${others} ${words.dashboardOnly}` : others;
}

async function afterClosing(
  talk: Conversation,
  approval: Pending,
  isPicked: boolean,
): Promise<Reviewed> {
  const sent = await tellClosed(talk, approval);
  return sent.kind === "changed" ? again(talk, approval, isPicked) : "decided";
}

/** Shows it anew, as it is by now. */
async function again(talk: Conversation, { id }: Pending, isPicked: boolean): Promise<Reviewed> {
  const now = await findPending(talk, id);
  return now ? review(talk, now, { isPicked }) : "decided";
}

/** The lines that decide it. */
function linesFor({ words }: Conversation, approval: Pending): string[] {
  const lines = approval.allowed.map((type) => words.reviewLines[type]);
  if (mayGrant(approval)) lines.splice(1, 0, words.grantLine);
  return approval.isAsked ? [...lines, "withdraw"] : lines;
}

/** Listens, while a person thinks, whether somebody else decides or time runs out: the signal aborts then. */
function watchClosing(talk: Conversation, approval: Pending) {
  const closed = new AbortController();
  const stopping = new AbortController();
  const listen = async () => {
    const after = talk.open.get(approval.run_id)?.after ?? 0;
    const options = { after, signal: stopping.signal };
    for await (const told of talk.client.events(approval.run_id, options)) {
      if (told.kind !== "event" || told.event.type !== "approval.closed") continue;
      if (told.event.card.approvalId === approval.id) return closed.abort();
    }
  };
  listen().catch(() => {}); // what cannot be heard is learned when the decision is sent
  return {
    signal: closed.signal,
    [Symbol.dispose]: () => stopping.abort(),
  };
}
