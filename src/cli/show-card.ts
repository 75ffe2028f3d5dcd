import { cardText } from "./card-text.ts";
import type { Conversation } from "./conversation.ts";
import type { Pending } from "./pending.ts";

/** An approval on the screen: its pages, and how many of them have been there. */
export type CardView = { title: string; pages: string[]; shown: number };

/** Shows an approval: all of it, or, where it is so long that accepting needs a full view, its first page. */
export async function showCard(talk: Conversation, approval: Pending): Promise<CardView> {
  const { screen, user, words } = talk;
  const { title, text } = cardText(approval, user, words);
  const pages = approval.needs_view ? screen.pages(text) : [text];
  const view = { title, pages, shown: 0 };
  await showNext(talk, approval, view);
  return view;
}

export function isSeenWhole({ pages, shown }: CardView): boolean {
  return shown === pages.length;
}

/** Shows the other pages one after another, until the last one or until the person turns away. */
export async function showRest(
  talk: Conversation,
  approval: Pending,
  view: CardView,
  signal: AbortSignal,
): Promise<void> {
  const { screen, words } = talk;
  do {
    await showNext(talk, approval, view);
    if (isSeenWhole(view)) return;
  } while (
    (await screen.choose(
      words.pages(view.shown, view.pages.length),
      [
        { value: "next", label: words.nextPage },
        { value: "back", label: words.enoughPages },
      ],
      { signal },
    )) === "next"
  );
}

/** Only when the last page was on the screen does the server learn that it was seen. */
async function showNext(talk: Conversation, approval: Pending, view: CardView): Promise<void> {
  const { title, pages, shown } = view;
  const page = pages[shown] ?? "";
  talk.screen.card(pages.length > 1 ? `${title} (${shown + 1}/${pages.length})` : title, page);
  view.shown += 1;
  if (approval.needs_view && approval.isMine && isSeenWhole(view))
    await talk.client.viewApproval(approval.id, { user_id: talk.user });
}
