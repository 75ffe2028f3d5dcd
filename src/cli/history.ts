import type { MessageBody, SessionBody } from "../api.ts";
import { shorten } from "../text.ts";
import type { Conversation } from "./conversation.ts";
import { enterSession } from "./place.ts";
import { timeWords } from "./words.ts";

const LISTED = 50;
const SHOWN = 30;

/** Earlier sessions to pick from; a screen of lines shows their numbers. */
export async function listHistory(talk: Conversation): Promise<void> {
  const { screen, words } = talk;
  const sessions = await sessionsOf(talk);
  const choices = sessions.map((session, i) => ({
    value: session.id,
    label: `${i + 1}. ${session.title || words.untitled}${session.id === talk.session.id ? " ←" : ""}`,
    hint: [
      timeWords(words, session.last_active_at),
      ...(session.status === "closed" ? [words.closed] : []),
    ].join(", "),
  }));
  const picked = await screen.choose(words.pickSession, choices);
  const session = sessions.find(({ id }) => id === picked);
  if (session) await restore(talk, session);
}

export async function pickHistory(talk: Conversation, pick: number): Promise<void> {
  const session = (await sessionsOf(talk))[pick - 1];
  if (session) return restore(talk, session);
  talk.screen.say(talk.words.noSuchSession(pick), "warning");
}

async function sessionsOf({ client, user }: Conversation): Promise<SessionBody[]> {
  return (await client.sessions({ user_id: user, limit: LISTED })).data;
}

/** Shows what was said in a session, opens it again where it was closed, and goes on with it. */
async function restore(talk: Conversation, session: SessionBody): Promise<void> {
  const { client, screen, words } = talk;
  const messages = await transcript(talk, session.id);
  const earlier = messages.length - SHOWN;
  if (earlier > 0) screen.say(words.earlier(earlier), "faint");
  for (const message of messages.slice(-SHOWN)) showMessage(talk, message);
  const opened = await client.patchSession(session.id, { status: "open" });
  screen.say(words.restored(opened.title || words.untitled), "good");
  await enterSession(talk, opened);
}

async function transcript({ client }: Conversation, sessionId: string): Promise<MessageBody[]> {
  const messages: MessageBody[] = [];
  let after: string | undefined;
  do {
    const page = await client.messages(sessionId, { after, limit: 200 });
    messages.push(...page.data);
    after = page.next ?? undefined;
  } while (after !== undefined);
  return messages;
}

function showMessage({ screen }: Conversation, message: MessageBody): void {
  const { type, content } = message;
  if (type === "human") screen.heard(content);
  if (type === "tool") screen.say(`${message.name ?? "tool"} → ${shorten(content, 300)}`, "faint");
  if (type !== "ai") return;
  screen.stream(String(message.seq), content);
  screen.settle();
}
