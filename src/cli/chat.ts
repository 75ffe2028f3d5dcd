import { randomUUID } from "node:crypto";
import { catchUp, decideShown } from "./catch-up.ts";
import { parseLine } from "./commands.ts";
import type { Conversation } from "./conversation.ts";
import { faultWords } from "./fault-words.ts";
import { enterSession, titleFrom } from "./place.ts";
import { runCommand } from "./run-command.ts";

/** The conversation, until the person leaves or there are no more lines. */
export async function chat(talk: Conversation): Promise<void> {
  const { screen, words } = talk;
  const telling = async (act: () => Promise<void>) => {
    try {
      await act();
    } catch (error) {
      screen.quiet();
      screen.say(faultWords(error, words, talk.server), "error");
    }
  };
  await telling(() => enterSession(talk, talk.session));
  while (!talk.isLeaving) {
    await telling(() => catchUp(talk));
    if (talk.isLeaving) break;
    const line = await screen.line();
    if (line === undefined) break;
    await telling(() => answer(talk, line));
  }
  screen.say(words.bye, "faint");
}

async function answer(talk: Conversation, line: string): Promise<void> {
  const { screen, words } = talk;
  const deciding =
    !screen.isInteractive && talk.shown !== undefined && talk.deferred.has(talk.shown.id);
  const meant = parseLine(line, { deciding });
  switch (meant.kind) {
    case "empty":
      return;
    case "command":
      return runCommand(talk, meant.command);
    case "decision":
      return decideShown(talk, meant.decision);
    case "usage":
      return screen.say(
        meant.isKnown ? words.usage(meant.name) : words.unknownCommand(meant.name),
        "warning",
      );
    case "message":
      return send(talk, meant.text);
    default: {
      const never: never = meant;
      throw new TypeError(`Unknown line ${JSON.stringify(never)}`);
    }
  }
}

/** A message becomes a run. Its id is ours, so that it may be sent again when the answer was lost. */
async function send(talk: Conversation, input: string): Promise<void> {
  const { client, session, language } = talk;
  const run = await client.createRun(session.id, {
    input,
    external_id: `chat-${randomUUID()}`,
    ...(language && session.settings.language === null && { language }),
  });
  talk.open.set(run.id, { after: 0 });
  if (session.title === "")
    talk.session = await client.patchSession(session.id, { title: titleFrom(input) });
}
