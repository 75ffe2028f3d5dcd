import type { ReviewType } from "../events.ts";
import { askGrant, mayGrant } from "./ask-grant.ts";
import type { Conversation } from "./conversation.ts";
import { type Draft, editForm } from "./edit-form.ts";
import type { Answer } from "./parse-decision.ts";
import type { Pending } from "./pending.ts";
import type { Choice } from "./screen.ts";
import { type CardView, isSeenWhole } from "./show-card.ts";

/** What was picked beneath a card, with what the person then said. */
export type Picked = Answer | "view" | "withdraw" | "later";

/** Asks what to do and what that needs; undefined: the person turned back from the latter. */
export async function askDecision(
  talk: Conversation,
  approval: Pending,
  view: CardView,
  draft: Draft,
  signal: AbortSignal,
): Promise<Picked | undefined> {
  const { words, screen } = talk;
  const isUnknown = approval.kind === "outcome_unknown";
  const table = isUnknown ? words.unknownReviews : words.reviews;
  const choices: Choice[] = [];
  for (const type of approval.isMine ? approval.allowed : []) {
    if (type === "accept" && !isSeenWhole(view)) {
      choices.push({
        value: "view",
        label: words.viewAll(view.pages.length),
        hint: words.viewHint,
      });
      continue;
    }
    choices.push({ value: type, ...table[type] });
    if (type === "accept" && mayGrant(approval)) choices.push({ value: "grant", ...words.grant });
  }
  if (!approval.isMine) choices.push({ value: "withdraw", ...words.withdraw });
  choices.push({ value: "later", ...words.later });
  // running something twice should not be one keystroke away, nor taking something back
  const initial = isUnknown || !approval.isMine ? "later" : choices[0]?.value;
  const picked = await screen.choose(words.decide, choices, {
    ...(initial && { initial }),
    signal,
  });
  switch (picked) {
    case undefined:
    case "later":
      return "later";
    case "view":
    case "withdraw":
      return picked;
    case "grant": {
      const grant = await askGrant(talk, approval, signal);
      return grant && { type: "accept", grant };
    }
    default:
      return askFor(talk, approval, picked as ReviewType, draft, signal);
  }
}

/** Asks what an answer of this type needs; undefined: the person turned back. */
export async function askFor(
  talk: Conversation,
  approval: Pending,
  type: ReviewType,
  draft: Draft,
  signal: AbortSignal,
): Promise<Answer | undefined> {
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
