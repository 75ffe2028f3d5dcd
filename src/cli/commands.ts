import type { Review } from "../events.ts";

/** What a person can change with `setting <name> <value>`. */
export const SETTINGS = [
  "title",
  "model",
  "language",
  "system_prompt",
  "while_running",
  "while_waiting",
  "expiry",
  "default_expiry",
] as const;
export type SettingName = (typeof SETTINGS)[number];

export type Expiry = number | "never" | "default";

export type Command =
  | { name: "status" | "approvals" | "stop" | "help" | "exit" }
  | { name: "new"; title: string }
  | { name: "history"; pick: number | undefined }
  | { name: "memory"; act: "list" }
  | { name: "memory"; act: "add" | "forget"; text: string }
  | { name: "expiry"; value: Expiry | undefined }
  | { name: "setting"; set: { name: SettingName; value: string } | undefined };

/** What a line means. `usage`: it is a command, but not one that can be carried out as it was typed. */
export type Line =
  | { kind: "empty" }
  | { kind: "message"; text: string }
  | { kind: "command"; command: Command }
  | { kind: "usage"; name: string; isKnown: boolean }
  | { kind: "decision"; review: Review | { type: "edit" | "respond"; ask: true } };

/**
 * A line as a command, a message or, where an approval waits for a line (`deciding`), a decision.
 *
 * Without a slash a line is a command only when it can hardly be meant as a message: `help` is one, `help me
 * pack` is not, `new` takes a title only as `/new title`. A leading space, or `say` before a command, sends
 * what follows as it is.
 */
export function parseLine(line: string, { deciding = false } = {}): Line {
  const text = line.trim();
  if (text === "") return { kind: "empty" };
  if (/^\s/.test(line)) return { kind: "message", text };
  const said = /^(\/?)say\s+([\s\S]+)$/i.exec(text);
  if (said?.[2] && (said[1] || parseLine(said[2], { deciding }).kind !== "message"))
    return { kind: "message", text: said[2] };

  const hasSlash = text.startsWith("/");
  const [, name = "", rest = ""] = /^\/?(\S*)\s*([\s\S]*)$/.exec(text) ?? [];
  const word = name.toLowerCase();
  if (deciding) {
    const review = parseDecision(word, rest);
    if (review) return { kind: "decision", review };
  }
  const command = parseCommand(word, rest, hasSlash);
  if (command) return { kind: "command", command };
  if (!hasSlash) return { kind: "message", text };
  return { kind: "usage", name, isKnown: Object.hasOwn(ALIASES, word) };
}

const ALIASES: Record<string, Command["name"]> = {
  status: "status",
  approvals: "approvals",
  stop: "stop",
  help: "help",
  exit: "exit",
  quit: "exit",
  new: "new",
  history: "history",
  memory: "memory",
  memories: "memory",
  expiry: "expiry",
  setting: "setting",
  settings: "setting",
};

function parseCommand(word: string, rest: string, hasSlash: boolean): Command | undefined {
  const name = Object.hasOwn(ALIASES, word) ? ALIASES[word] : undefined;
  switch (name) {
    case undefined:
      return undefined;
    case "status":
    case "approvals":
    case "stop":
    case "help":
    case "exit":
      return rest === "" ? { name } : undefined;
    case "new":
      return rest === "" || hasSlash ? { name, title: rest } : undefined;
    case "history":
      if (rest === "") return { name, pick: undefined };
      return /^\d{1,4}$/.test(rest) ? { name, pick: Number(rest) } : undefined;
    case "memory":
      return parseMemory(rest);
    case "expiry": {
      if (rest === "") return { name, value: undefined };
      const value = parseExpiry(rest);
      return value === undefined ? undefined : { name, value };
    }
    case "setting":
      return parseSetting(rest);
    default: {
      const never: never = name;
      return never;
    }
  }
}

function parseMemory(rest: string): Command | undefined {
  if (rest === "" || rest === "list") return { name: "memory", act: "list" };
  const [, act, text] = /^(add|forget)\s+([\s\S]+)$/.exec(rest) ?? [];
  if ((act !== "add" && act !== "forget") || text === undefined) return undefined;
  return { name: "memory", act, text };
}

function parseSetting(rest: string): Command | undefined {
  if (rest === "") return { name: "setting", set: undefined };
  const [, name, value] = /^(\S+)\s+([\s\S]+)$/.exec(rest) ?? [];
  const setting = SETTINGS.find((known) => known === name);
  if (setting === undefined || value === undefined) return undefined;
  return { name: "setting", set: { name: setting, value } };
}

/** Seconds from 1 to a year, `never`, `default`; undefined for anything else. */
export function parseExpiry(text: string): Expiry | undefined {
  if (text === "never" || text === "default") return text;
  const seconds = Number(text);
  return /^\d+$/.test(text) && seconds >= 1 && seconds <= 31_536_000 ? seconds : undefined;
}

/** `accept`, `edit {json}`, `respond words`, `reject [words]`, and the words of the original client: `yes`, `no`, `response`. */
function parseDecision(
  word: string,
  rest: string,
): Extract<Line, { kind: "decision" }>["review"] | undefined {
  switch (word) {
    case "accept":
    case "yes":
      return rest === "" ? { type: "accept" } : undefined;
    case "no":
      return rest === "" ? { type: "reject" } : undefined;
    case "reject":
      return rest === "" ? { type: "reject" } : { type: "reject", message: rest };
    case "respond":
    case "response":
      return rest === "" ? { type: "respond", ask: true } : { type: "respond", message: rest };
    case "edit": {
      if (rest === "") return { type: "edit", ask: true };
      const args = parseArgs(rest);
      return args && { type: "edit", args };
    }
    default:
      return undefined;
  }
}

/** The arguments of a call as a person typed them: a JSON object. */
export function parseArgs(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
    return isObject ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
