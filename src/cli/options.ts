import { parseArgs } from "node:util";
import { messageOf } from "../errors.ts";
import { LANGUAGES, type Language } from "../events.ts";
import { wordsFor } from "./words.ts";

export type Options = {
  user: string;
  url: string;
  apiKey: string | undefined;
  /** As asked for, or as the machine is set up; undefined: it does not say. */
  language: Language | undefined;
};

/**
 * The command line and what the environment adds to it: COUNTERSIGN_API_KEY, PORT, and the locale.
 * A `notice` is to be shown instead of anything else.
 */
export function readOptions(
  args: string[],
  env: Record<string, string | undefined>,
  osUser: string,
): { kind: "options"; options: Options } | { kind: "notice"; text: string; isFault: boolean } {
  const locale = localeOf(env);
  const words = wordsFor(locale ?? "en");
  const fault = (text: string) =>
    ({ kind: "notice", text: `${text}\n${words.options}`, isFault: true }) as const;
  let given: { user?: string; url?: string; language?: string; help?: boolean };
  try {
    given = parseArgs({
      args,
      options: {
        user: { type: "string" },
        url: { type: "string" },
        language: { type: "string" },
        help: { type: "boolean" },
      },
    }).values;
  } catch (error) {
    return fault(messageOf(error));
  }
  if (given.help) return { kind: "notice", text: words.options, isFault: false };
  const url = given.url ?? `http://127.0.0.1:${env.PORT || 8001}`;
  if (!/^https?:$/.test(URL.parse(url)?.protocol ?? "")) return fault(words.badUrl(url));
  const language = LANGUAGES.find((known) => known === given.language);
  if (given.language !== undefined && !language) return fault(words.badLanguage(given.language));
  return {
    kind: "options",
    options: {
      user: given.user || osUser || "local",
      url,
      apiKey: env.COUNTERSIGN_API_KEY || undefined,
      language: language ?? locale,
    },
  };
}

/** POSIX: LC_ALL goes before LC_MESSAGES, and that before LANG. `C` says nothing about a language. */
function localeOf(env: Record<string, string | undefined>): Language | undefined {
  const locale = env.LC_ALL || env.LC_MESSAGES || env.LANG || "";
  if (/^(C|POSIX)?(\.|$)/.test(locale)) return undefined;
  return /^zh([_.@-]|$)/i.test(locale) ? "zh" : "en";
}
