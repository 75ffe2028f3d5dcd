import { userInfo } from "node:os";
import { openClient } from "../client/client.ts";
import { chat } from "./chat.ts";
import { connection } from "./connection.ts";
import { faultWords } from "./fault-words.ts";
import { type Options, readOptions } from "./options.ts";
import { patientClient } from "./patient-client.ts";
import { findPlace } from "./place.ts";
import { plainScreen } from "./plain-screen.ts";
import { ttyScreen } from "./tty-screen.ts";
import { visible } from "./visible.ts";
import { type Words, wordsFor } from "./words.ts";

/** `npm run chat`. Exit codes: 0 the person left, 1 the server cannot be used, 2 wrong options. */
async function main(options: Options): Promise<number> {
  const { url, apiKey, user } = options;
  const server = { url, hasKey: apiKey !== undefined };
  const client = openClient({ url, ...(apiKey && { apiKey }) });
  let words = wordsFor(options.language ?? "en");
  try {
    const settings = await client.settings();
    words = wordsFor(options.language ?? settings.language);
    const session = await findPlace(client, user);
    using screen = openScreen(words);
    screen.say(words.greeting(user, session.settings.model ?? settings.model));
    const standing = connection(screen, words);
    await chat({
      client: patientClient(client, standing),
      connection: standing,
      screen,
      words,
      user,
      language: options.language,
      server,
      session,
      open: new Map(),
      deferred: new Set(),
      shown: undefined,
      about: undefined,
      listed: [],
      told: new Set(),
      isLeaving: false,
    });
    return 0;
  } catch (error) {
    process.stderr.write(`${visible(faultWords(error, words, server))}\n`);
    return 1;
  }
}

function openScreen(words: Words) {
  const { stdin, stdout } = process;
  // biome-ignore lint/style/noProcessEnv: a program of its own, apart from the server's configuration
  const isTerminal = stdin.isTTY && stdout.isTTY && process.env.TERM !== "dumb";
  return isTerminal ? ttyScreen(stdin, stdout, words) : plainScreen(stdin, stdout);
}

function osUser(): string {
  try {
    return userInfo().username;
  } catch {
    return ""; // a user id without a name, as in some containers
  }
}

process.stdout.on("error", () => process.exit(0)); // the reader of a pipe has gone
// biome-ignore lint/style/noProcessEnv: as above
const read = readOptions(process.argv.slice(2), process.env, osUser());
if (read.kind === "notice") {
  process[read.isFault ? "stderr" : "stdout"].write(`${visible(read.text)}\n`);
  process.exitCode = read.isFault ? 2 : 0;
} else {
  const code = await main(read.options);
  process.stdout.write("", () => process.exit(code));
}
