import { TIERS, type Tier } from "../events.ts";
import { parseArgs } from "./parse-args.ts";
import { parseDecision, type TypedDecision } from "./parse-decision.ts";

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
  | { name: "status" | "why" | "stop" | "help" | "exit" }
  | { name: "new"; title: string }
  | { name: "history" | "approvals" | "withdraw"; pick: number | undefined }
  | { name: "grants"; revoke: string | undefined }
  | { name: "policies"; explain: Asked | undefined }
  | { name: "memory"; act: "list" }
  | { name: "memory"; act: "add" | "forget"; text: string }
  | { name: "expiry"; value: Expiry | undefined }
  | { name: "setting"; set: { name: SettingName; value: string } | undefined };

/** A call that the policy is asked about. */
export type Asked = {
  tool: string;
  args: Record<string, unknown>;
  tier?: Tier;
  taint?: string[];
};

/** What a line means. `usage`: it is a command, but not one that can be carried out as it was typed. */
export type Line =
  | { kind: "empty" }
  | { kind: "message"; text: string }
  | { kind: "command"; command: Command }
  | { kind: "usage"; name: string; isKnown: boolean }
  | { kind: "decision"; decision: TypedDecision };

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
    const decision = parseDecision(word, rest);
    if (decision === "faulty") return { kind: "usage", name: word, isKnown: true };
    if (decision) return { kind: "decision", decision };
  }
  const command = parseCommand(word, rest, hasSlash);
  if (command) return { kind: "command", command };
  if (!hasSlash) return { kind: "message", text };
  return { kind: "usage", name, isKnown: Object.hasOwn(ALIASES, word) };
}

const ALIASES: Record<string, Command["name"]> = {
  status: "status",
  approvals: "approvals",
  withdraw: "withdraw",
  why: "why",
  grants: "grants",
  policies: "policies",
  policy: "policies",
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
    case "why":
    case "stop":
    case "help":
    case "exit":
      return rest === "" ? { name } : undefined;
    case "new":
      return rest === "" || hasSlash ? { name, title: rest } : undefined;
    case "history":
    case "approvals":
    case "withdraw":
      if (rest === "") return { name, pick: undefined };
      return /^\d{1,4}$/.test(rest) ? { name, pick: Number(rest) } : undefined;
    case "grants": {
      if (rest === "" || rest === "list") return { name, revoke: undefined };
      const [, revoke] = /^revoke\s+(\S+)$/.exec(rest) ?? [];
      return revoke === undefined ? undefined : { name, revoke };
    }
    case "policies":
      return parsePolicies(rest);
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

/** `explain <tool> {json} as <tier> after <source>,<source>`; what follows the tool may be left out. */
function parsePolicies(rest: string): Command | undefined {
  if (rest === "") return { name: "policies", explain: undefined };
  const [, tool, json = "{}", as, after] =
    /^explain\s+(\S+)(?:\s+(\{[\s\S]*\}))?(?:\s+as\s+(\S+))?(?:\s+after\s+(\S+))?$/.exec(rest) ??
    [];
  const args = parseArgs(json);
  const tier = TIERS.find((known) => known === as);
  if (tool === undefined || args === undefined || (as !== undefined && !tier)) return undefined;
  const taint = after?.split(",").filter(Boolean);
  return {
    name: "policies",
    explain: { tool, args, ...(tier && { tier }), ...(taint && { taint }) },
  };
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
