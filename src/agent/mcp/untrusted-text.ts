import { clean, shorten } from "../../text.ts";

/**
 * Control and format characters that hide text or turn it around. Line feeds and tabs stay, and
 * the two joiners that Persian, Indic scripts and emoji are written with.
 */
const HIDDEN = /(?![\n\t\u200c\u200d])[\p{Cc}\p{Cf}\u2028\u2029]/gu;

/** Text that a stranger's server says of itself, for people and models to read: without hidden characters, at most `max` long. */
export function untrustedText(text: string, max: number): string {
  return shorten(clean(text).replaceAll(HIDDEN, ""), max);
}
