/** What is shown of a value, and how many characters were left out before and after that. */
export type Side = { text: string; skipped: number; more: number };

/** How much of what is the same on both sides is shown before the first difference. */
const LEAD = 40;
/** One character, or the code of one as `showValue` writes it: an excerpt never splits either. */
const CHARACTER = /\\u\{[0-9a-f]+\}|\\u[0-9a-f]{4}|\\.|./gsu;

/**
 * At most `max` characters of each side. Where that is not all, both begin shortly before the first difference, so
 * that two long values never look the same. A side that is undefined stays so.
 */
export function excerpts(
  before: string | undefined,
  after: string | undefined,
  max: number,
): [Side | undefined, Side | undefined] {
  const was: string[] = before?.match(CHARACTER) ?? [];
  const is: string[] = after?.match(CHARACTER) ?? [];
  const isLong = Math.max(was.length, is.length) > max;
  const skipped = isLong && before !== undefined && after !== undefined ? start(was, is, max) : 0;
  const side = (characters: string[]): Side => {
    const shown = characters.slice(skipped, skipped + max);
    return {
      text: shown.join(""),
      skipped,
      more: characters.length - skipped - shown.length,
    };
  };
  return [before === undefined ? undefined : side(was), after === undefined ? undefined : side(is)];
}

function start(was: string[], is: string[], max: number): number {
  let same = 0;
  while (same < was.length && same < is.length && was[same] === is[same]) same++;
  return same < max ? 0 : same - Math.min(LEAD, max - 1);
}
