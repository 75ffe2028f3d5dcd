import { excerpts, type Side } from "./excerpts.ts";
import { isObject, isWithin, pointer } from "./pointer.ts";
import { sameJson } from "./same-json.ts";
import { sequenceDiff } from "./sequence-diff.ts";
import { showLine, showValue } from "./show-value.ts";

/** A part of a long text: lines that stay (only counted), go or come. */
type Hunk = { kind: "same"; count: number } | { kind: "removed" | "added"; line: Side };

/** What became of one value. `path` is a JSON pointer; of something removed, into the arguments as they were. */
type Change = { path: string } & (
  | { kind: "added"; after: Side }
  | { kind: "removed"; before: Side }
  | { kind: "changed"; before: Side; after: Side }
  /** A text of several lines: what came and went, line by line, and how many such lines more there are. */
  | { kind: "rewritten"; lines: Hunk[]; more: number }
  /** A secret: that it changed is all that is told. */
  | { kind: "secret" }
);

/** `more`: how many changes are not listed. */
export type Diff = { changes: Change[]; more: number };

export type DiffOptions = {
  /** Paths whose values, and all below them, are never shown: those of the form's secret fields. */
  secrets?: string[];
  maxChanges?: number;
  /** Characters of a value. */
  maxLength?: number;
  /** Lines of a text that came or went. */
  maxLines?: number;
};

/**
 * What an edit changes, before → after, value by value; empty where both are the same JSON. What is shown is made
 * visible by `showValue`. Nothing is left out without a number that says how much.
 */
export function diff(before: unknown, after: unknown, options: DiffOptions = {}): Diff {
  const { maxChanges = 40, maxLength = 400, maxLines = 30, secrets = [] } = options;
  const all = [...changesBetween(before, after, [], [], secrets)];
  const changes = all
    .slice(0, maxChanges)
    .map((change) => toChange(change, secrets, { maxLength, maxLines }));
  return { changes, more: all.length - changes.length };
}

/** The values of a change as they are; undefined on the side where there is none. */
type Raw = { path: string; before: unknown; after: unknown };

/** `was` and `is`: the path as names, before and after; they differ below lists that grew or shrank. */
function* changesBetween(
  before: unknown,
  after: unknown,
  was: (string | number)[],
  is: (string | number)[],
  secrets: string[],
): Generator<Raw> {
  if (sameJson(before, after)) return;
  const isSecret = secrets.some((secret) => isWithin(pointer(is), secret));
  if (!isSecret && isObject(before) && isObject(after)) {
    for (const name of new Set([...Object.keys(before), ...Object.keys(after)]))
      yield* changesBetween(
        own(before, name),
        own(after, name),
        [...was, name],
        [...is, name],
        secrets,
      );
  } else if (!isSecret && Array.isArray(before) && Array.isArray(after)) {
    yield* changesInList(before, after, was, is, secrets);
  } else {
    yield { path: pointer(after === undefined ? was : is), before, after };
  }
}

function* changesInList(
  before: unknown[],
  after: unknown[],
  was: (string | number)[],
  is: (string | number)[],
  secrets: string[],
): Generator<Raw> {
  let from = 0;
  let to = 0;
  for (const step of sequenceDiff(before, after, sameJson)) {
    if (step.kind === "same") {
      from += step.items.length;
      to += step.items.length;
      continue;
    }
    const pairs = Math.max(step.before.length, step.after.length);
    for (let k = 0; k < pairs; k++)
      yield* changesBetween(
        step.before[k],
        step.after[k],
        [...was, from + k],
        [...is, to + k],
        secrets,
      );
    from += step.before.length;
    to += step.after.length;
  }
}

type Bounds = { maxLength: number; maxLines: number };

function toChange({ path, before, after }: Raw, secrets: string[], bounds: Bounds): Change {
  // above a secret too: a whole object that came or went may hold one
  if (secrets.some((secret) => isWithin(path, secret) || isWithin(secret, path)))
    return { path, kind: "secret" };
  if (typeof before === "string" && typeof after === "string" && /\n/.test(before + after))
    return { path, kind: "rewritten", ...rewritten(before, after, bounds) };
  const [was, is] = excerpts(
    before === undefined ? undefined : showValue(before),
    after === undefined ? undefined : showValue(after),
    bounds.maxLength,
  );
  if (was && is) return { path, kind: "changed", before: was, after: is };
  return was
    ? { path, kind: "removed", before: was }
    : { path, kind: "added", after: is ?? { text: "", skipped: 0, more: 0 } };
}

function rewritten(before: string, after: string, { maxLength, maxLines }: Bounds) {
  const steps = sequenceDiff(before.split("\n"), after.split("\n"), Object.is);
  const all = steps.flatMap((step): Hunk[] => {
    if (step.kind === "same") return [{ kind: "same", count: step.items.length }];
    const pairs = Array.from({ length: Math.max(step.before.length, step.after.length) }, (_, k) =>
      excerpts(shownLine(step.before[k]), shownLine(step.after[k]), maxLength),
    );
    return [
      ...pairs.flatMap(([line]) => (line ? [{ kind: "removed" as const, line }] : [])),
      ...pairs.flatMap(([, line]) => (line ? [{ kind: "added" as const, line }] : [])),
    ];
  });
  let room = maxLines;
  const lines = all.filter((hunk) => (hunk.kind === "same" ? room > 0 : room-- > 0));
  const changed = (hunks: Hunk[]) => hunks.filter((hunk) => hunk.kind !== "same").length;
  return { lines, more: changed(all) - changed(lines) };
}

function shownLine(line: string | undefined): string | undefined {
  return line === undefined ? undefined : showLine(line);
}

function own(object: Record<string, unknown>, name: string): unknown {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}
