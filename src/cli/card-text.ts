import type { ApprovalBody } from "../api.ts";
import type { ToldCard } from "../client/journal-schema.ts";
import { type Actor, type ApprovalStatus, addressParts } from "../events.ts";
import { jsonText } from "../forms/hidden.ts";
import { shorten } from "../text.ts";
import { visibleLine } from "./visible.ts";
import { timeWords, type Words } from "./words.ts";

type Shown = Pick<
  ApprovalBody,
  | "kind"
  | "tool"
  | "tier"
  | "args_text"
  | "edited_args"
  | "preview"
  | "taint"
  | "quorum"
  | "votes"
  | "approvers"
  | "requester"
  | "reason"
  | "expires_at"
>;
type Ended = Pick<ApprovalBody, "tool" | "status" | "args_text" | "decision">;

/** An approval as a person must see it before deciding: all of it, from the sealed text itself. */
export function cardText(
  approval: Shown,
  user: string,
  words: Words,
): { title: string; text: string } {
  const { labels } = words;
  const { tool, tier, preview, taint, edited_args, quorum, votes, approvers } = approval;
  const isUnknown = approval.kind === "outcome_unknown";
  const sealed = parseArgs(approval.args_text);
  const args = argsText(edited_args ?? sealed);
  const namesOf = (isAgainst: boolean) =>
    votes
      .filter(({ type }) => (type === "reject") === isAgainst)
      .map(({ by }) => whoIs(by, user, words));
  const [consents, refusals] = [namesOf(false), namesOf(true)];
  const deciders = approvers.map((who) => whoMay(who, user, words));
  const lines = [
    ...(isUnknown ? [words.unknownText, ""] : []),
    `${labels.tool}: ${tool}${tier === "ask" ? "" : `  (${labels.tier}: ${tier})`}`,
    `${labels.args}:${args === "" ? ` ${words.noArgs}` : `\n${prefixed(args, "  ")}`}`,
    ...(edited_args
      ? [`${labels.edited}:\n${prefixed(changesText(sealed, edited_args), "  ")}`]
      : []),
    ...(preview ? [`${labels.preview}:\n${prefixed(preview, "│ ")}`] : []),
    ...(taint.length > 0 ? [`${labels.taint}: ${visibleLine(taint.join(", "))}`] : []),
    `${labels.requester}: ${whoIs(approval.requester, user, words)}`,
    `${labels.reason}: ${approval.reason}`,
    ...(quorum > 1 ? [`${labels.quorum}: ${words.quorum(consents, quorum, deciders)}`] : []),
    ...(refusals.length > 0 ? [`${labels.votes.reject}: ${refusals.join(", ")}`] : []),
    ...(approval.expires_at ? [`${labels.expires}: ${timeWords(words, approval.expires_at)}`] : []),
  ];
  const title = isUnknown ? words.unknownTitle(approval.tool) : words.approvalTitle(approval.tool);
  return { title, text: lines.join("\n") };
}

/** How an approval ended, from the journal's card or from the API. `before` and `after` are JSON. */
export type Outcome = {
  tool: string;
  status: ApprovalStatus;
  by: Actor | null;
  note: string | null;
  before: string;
  after: string | null;
};

export function outcomeOfCard({ tool, status, args, decision }: ToldCard): Outcome {
  return {
    tool,
    status,
    by: decision?.by ?? null,
    note: decision?.message ?? null,
    before: args,
    after: decision?.args ?? null,
  };
}

export function outcomeOf({ tool, status, args_text, decision }: Ended): Outcome {
  return {
    tool,
    status,
    by: decision?.by ?? null,
    note: decision?.message ?? null,
    before: args_text,
    after: decision?.args ? JSON.stringify(decision.args) : null,
  };
}

/** Who, what, and before → after where arguments were changed. */
export function outcomeText(outcome: Outcome, user: string, words: Words): string {
  const { tool, status, by, note, before, after } = outcome;
  const who = by === null ? "" : whoIs(by, user, words);
  const changes = after === null ? "" : changesText(parseArgs(before), parseArgs(after));
  return `${tool}: ${words.decided[status](who)}${note ? ` “${prefixed(note, "│ ").slice(2)}”` : ""}${changes && `\n${changes}`}`;
}

/** One argument a line, as JSON; text of several lines as a block whose every line is marked. */
export function argsText(args: Record<string, unknown>): string {
  return Object.entries(args)
    .map(([name, value]) => {
      if (typeof value === "string" && value.includes("\n") && !value.includes("\r"))
        return `${nameText(name)}:\n${prefixed(value, "│ ")}`;
      return `${nameText(name)}: ${jsonText(value, 2)}`;
    })
    .join("\n");
}

/** An argument on one line, its value shortened: for lists, never for a card. */
export function argLine(name: string, value: unknown): string {
  return `${nameText(name)}: ${shorten(jsonText(value), 60)}`;
}

/** What an edit changed, argument by argument. */
export function changesText(
  before: Record<string, unknown>,
  after: Record<string, unknown>,
): string {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  return names
    .map((name) => [name, jsonOf(before, name), jsonOf(after, name)] as const)
    .filter(([, old, now]) => old !== now)
    .map(([name, old, now]) => `${nameText(name)}: ${old} → ${now}`)
    .join("\n");
}

/** A person as shown to another: an API user by name, anybody else by the platform's address. */
export function whoIs(actor: Actor, user: string, words: Words): string {
  const [platform, who] = actor.includes(":") ? addressParts(actor) : ["api", `/${actor}`];
  const name = platform === "api" && who ? who.slice(who.indexOf("/") + 1) : actor;
  return name === user ? words.byYou : visibleLine(name);
}

/** One of a policy's approvers as people read it: API users by name, roles of ours in words, all else as it is. */
export function whoMay(name: string, user: string, words: Words): string {
  if (name === "requester" || name === "members") return words.approvers[name];
  return name.startsWith("api:") ? whoIs(name, user, words) : name;
}

function parseArgs(text: string): Record<string, unknown> {
  return JSON.parse(text) as Record<string, unknown>;
}

function jsonOf(args: Record<string, unknown>, name: string): string {
  return Object.hasOwn(args, name) ? jsonText(args[name]) : "∅";
}

function nameText(name: string): string {
  return /^[\w.-]+$/.test(name) ? name : jsonText(name);
}

function prefixed(text: string, prefix: string): string {
  return prefix + text.replaceAll("\n", `\n${prefix}`);
}
