import type { FieldError } from "../adapter.ts";
import type { ApprovalBody, DecideBody } from "../api.ts";
import { ApiError } from "../client/api-error.ts";
import type { Review, ReviewType } from "../events.ts";
import { cardText, outcomeOf } from "./card-text.ts";
import type { Conversation } from "./conversation.ts";
import { type Draft, editForm, hasFaults } from "./edit-form.ts";
import { fieldWords } from "./fault-words.ts";
import type { Pending } from "./pending.ts";
import { tellOutcome } from "./tell-outcome.ts";

/** `decided` by whomever; `later`: it waits on. */
export type Reviewed = "decided" | "later";

/**
 * Shows an approval and asks for a decision until there is one, here or elsewhere, or the person puts it off.
 * On a screen of lines it only says how to answer: the answer comes as a line (`decide`).
 */
export async function review(talk: Conversation, approval: Pending): Promise<Reviewed> {
  const { screen, words, client, user } = talk;
  const { title, text } = cardText(approval, user, words);
  screen.card(title, text);
  if (!approval.isMine) {
    screen.say(words.othersDecide(approval.approvers), "warning");
    return "later";
  }
  if (approval.needs_view) await client.viewApproval(approval.id, { user_id: user });
  if (!screen.isInteractive) {
    const lines = approval.allowed.map((type) => words.reviewLines[type]);
    screen.say(words.howToDecide(lines));
    return "later";
  }

  using watch = watchClosing(talk, approval);
  let draft: Draft = { args: approval.edited_args ?? approval.args, errors: [] };
  for (;;) {
    const answer = await askDecision(talk, approval, draft, watch.signal);
    if (watch.signal.aborted) {
      await tellClosed(talk, approval);
      return "decided";
    }
    if (answer === "later") return "later";
    draft = { args: draft.args, errors: [] };
    if (answer === undefined) continue;
    const sent = await decide(talk, approval, answer);
    if (sent.kind !== "refused") return sent.kind;
    if (answer.type === "edit") draft = { args: answer.args, errors: sent.errors };
    if (!hasFaults(draft)) screen.say(sent.words, "warning");
  }
}

type Sent = { kind: Reviewed } | { kind: "refused"; words: string; errors: FieldError[] };

/** Sends a decision and tells what came of it; not so where it was `refused`: another answer may do. */
export async function decide(
  talk: Conversation,
  approval: ApprovalBody,
  answer: Review,
): Promise<Sent> {
  const { client, screen, words } = talk;
  const body: DecideBody = { ...answer, user_id: talk.user, digest: approval.current_digest };
  try {
    const now = await client.decide(approval.id, body);
    if (now.status !== "pending") tellOutcome(talk, approval.id, outcomeOf(now));
    else if (!talk.open.has(now.run_id)) screen.say(words.voted(words.byYou, now.tool), "good");
    return { kind: now.status === "pending" ? "later" : "decided" };
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    switch (error.problem.code) {
      case "conflict":
      case "not_found":
        await tellClosed(talk, approval);
        return { kind: "decided" };
      case "forbidden":
        screen.say(
          approval.tier === "dashboard" ? words.dashboardOnly : words.notHere(error.message),
          "warning",
        );
        return { kind: "later" };
      case "invalid":
      case "too_large":
        return { kind: "refused", words: fieldWords(error), errors: error.problem.errors ?? [] };
      default:
        throw error;
    }
  }
}

/** It was decided elsewhere, its time ran out, or its run is gone. */
async function tellClosed(talk: Conversation, approval: ApprovalBody): Promise<void> {
  const { client, screen, words } = talk;
  if (talk.told.has(approval.id)) return;
  try {
    const now = await client.approval(approval.id, talk.user);
    screen.say(words.meanwhile, "warning");
    if (now.status !== "pending") tellOutcome(talk, approval.id, outcomeOf(now));
  } catch (error) {
    if (!(error instanceof ApiError && error.problem.code === "not_found")) throw error;
    screen.say(words.gone(error.message), "warning");
  }
}

/** Asks what to do and what that needs; undefined: the person turned back from the latter. */
async function askDecision(
  talk: Conversation,
  approval: ApprovalBody,
  draft: Draft,
  signal: AbortSignal,
): Promise<Review | "later" | undefined> {
  const { words, screen } = talk;
  if (draft.errors.length > 0) return askReview(talk, approval, "edit", draft, signal);
  const table = approval.kind === "outcome_unknown" ? words.unknownReviews : words.reviews;
  const choices = approval.allowed.map((type) => ({ value: type as string, ...table[type] }));
  choices.push({ value: "later", ...words.later });
  // running something twice should not be one keystroke away
  const initial = approval.kind === "outcome_unknown" ? "later" : "accept";
  const picked = await screen.choose(words.decide, choices, { initial, signal });
  if (picked === undefined || picked === "later") return "later";
  return askReview(talk, approval, picked as ReviewType, draft, signal);
}

async function askReview(
  talk: Conversation,
  approval: ApprovalBody,
  type: ReviewType,
  draft: Draft,
  signal: AbortSignal,
): Promise<Review | undefined> {
  const { screen, words } = talk;
  switch (type) {
    case "accept":
      return { type };
    case "edit": {
      const args = await editForm(screen, words, approval, draft, signal);
      return args && { type, args };
    }
    case "respond": {
      const check = (text: string) => (text.trim() === "" ? words.faults.required : undefined);
      const message = await screen.ask(words.askResponse, { check, signal });
      return message === undefined ? undefined : { type, message };
    }
    case "reject": {
      const message = await screen.ask(words.askReason, { signal });
      if (message === undefined) return undefined;
      return message.trim() === "" ? { type } : { type, message };
    }
    default: {
      const never: never = type;
      return never;
    }
  }
}

/** Listens, while a person thinks, whether somebody else decides or time runs out: the signal aborts then. */
function watchClosing(talk: Conversation, approval: ApprovalBody) {
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
