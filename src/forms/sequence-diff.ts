/** One step from one list to another: `before` and `after` are the items that it replaces, either may be empty. */
export type Step<T> = { kind: "same"; items: T[] } | { kind: "replaced"; before: T[]; after: T[] };

const MAX_CELLS = 250_000;

/**
 * How one list becomes another, in order: the longest common run of items stays. Where that would compare more than
 * 250,000 pairs, only what both begin and end with stays.
 */
export function sequenceDiff<T>(
  before: readonly T[],
  after: readonly T[],
  same: (one: T, other: T) => boolean,
): Step<T>[] {
  const least = Math.min(before.length, after.length);
  let head = 0;
  while (head < least && same(before[head] as T, after[head] as T)) head++;
  let tail = 0;
  while (tail < least - head && same(before.at(-1 - tail) as T, after.at(-1 - tail) as T)) tail++;
  const steps: Step<T>[] = [
    { kind: "same", items: before.slice(0, head) },
    ...middle(
      before.slice(head, before.length - tail),
      after.slice(head, after.length - tail),
      same,
    ),
    { kind: "same", items: before.slice(before.length - tail) },
  ];
  return steps.filter((step) => step.kind === "replaced" || step.items.length > 0);
}

function middle<T>(before: T[], after: T[], same: (one: T, other: T) => boolean): Step<T>[] {
  if (before.length === 0 && after.length === 0) return [];
  if (before.length * after.length > MAX_CELLS) return [{ kind: "replaced", before, after }];
  const width = after.length + 1;
  const common = new Uint32Array((before.length + 1) * width); // longest common run from (i, j) on
  const at = (i: number, j: number) => common[i * width + j] ?? 0;
  for (let i = before.length - 1; i >= 0; i--)
    for (let j = after.length - 1; j >= 0; j--)
      common[i * width + j] = same(before[i] as T, after[j] as T)
        ? at(i + 1, j + 1) + 1
        : Math.max(at(i + 1, j), at(i, j + 1));

  const steps: Step<T>[] = [];
  let i = 0;
  let j = 0;
  while (i < before.length || j < after.length) {
    const last = steps.at(-1);
    if (i < before.length && j < after.length && same(before[i] as T, after[j] as T)) {
      if (last?.kind === "same") last.items.push(before[i] as T);
      else steps.push({ kind: "same", items: [before[i] as T] });
      i++;
      j++;
      continue;
    }
    const step: Step<T> =
      last?.kind === "replaced" ? last : { kind: "replaced", before: [], after: [] };
    if (step !== last) steps.push(step);
    if (j >= after.length || (i < before.length && at(i + 1, j) >= at(i, j + 1)))
      step.before.push(before[i++] as T);
    else step.after.push(after[j++] as T);
  }
  return steps;
}
