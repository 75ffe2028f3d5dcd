import { randomUUID } from "node:crypto";
import type { RunBody, SessionBody } from "../api.ts";
import type { Client } from "../client/client.ts";
import { shorten } from "../text.ts";
import type { Conversation } from "./conversation.ts";
import { pendingNow } from "./pending.ts";
import { timeWords, type Words } from "./words.ts";

/** The user's session that was used last, or a new one. */
export async function findPlace(client: Client, user: string): Promise<SessionBody> {
  return (await client.latestSession(user)) ?? (await makeSession(client, user));
}

export async function newSession(talk: Conversation, title: string): Promise<void> {
  const session = await makeSession(talk.client, talk.user);
  await enterSession(
    talk,
    title === "" ? session : await talk.client.patchSession(session.id, { title }),
  );
}

/** Goes to a session: from now on everything is about it. Says where it stands; what runs there is open again. */
export async function enterSession(talk: Conversation, session: SessionBody): Promise<void> {
  talk.session = session;
  talk.open.clear();
  talk.deferred.clear();
  talk.shown = undefined;
  talk.about = undefined;
  const { data } = await talk.client.runs(session.id, { limit: 50 });
  for (const run of data.toReversed())
    if (run.finished_at === null) talk.open.set(run.id, { after: 0, input: run.input });
  tellPlace(talk, data[0]);
  const { elsewhere } = await pendingNow(talk);
  if (elsewhere.length > 0) talk.screen.say(talk.words.elsewhere(elsewhere.length), "warning");
}

/** Where the session stands now, on demand. */
export async function showPlace(talk: Conversation): Promise<void> {
  const { client, screen, words } = talk;
  talk.session = await client.session(talk.session.id);
  const { data } = await client.runs(talk.session.id, { limit: 1 });
  const { model } = await client.settings();
  screen.say(words.greeting(talk.user, talk.session.settings.model ?? model));
  tellPlace(talk, data[0]);
  const { here, elsewhere } = await pendingNow(talk);
  if (here.length > 0) screen.say(words.stillWaiting(here.length), "warning");
  if (elsewhere.length > 0) screen.say(words.elsewhere(elsewhere.length), "warning");
}

export function expiryWords(words: Words, { expires_at }: SessionBody): string {
  if (expires_at === null) return words.neverExpires;
  const time = timeWords(words, expires_at);
  return new Date(expires_at).getTime() < Date.now() ? words.expired : words.expires(time);
}

function tellPlace({ screen, words, session }: Conversation, last: RunBody | undefined): void {
  screen.say(words.session(session.title || words.untitled, expiryWords(words, session)));
  const state = last
    ? words.lastRun(titleFrom(last.input), words.states[last.status])
    : words.newSession;
  screen.say(state, "faint");
}

/** A message as a title: its beginning, on one line. */
export function titleFrom(input: string): string {
  return shorten(input.trim().replace(/\s+/g, " "), 60);
}

/** With an external id of its own, so that asking twice makes one. */
function makeSession(client: Client, user: string): Promise<SessionBody> {
  return client.createSession({ user_id: user, external_id: `chat-${randomUUID()}` });
}
