import { HIDDEN } from "./hidden.ts";

/** Spaces that look like the common one, or like none. */
const ODD_SPACE = /[\u00A0\u1680\u2000-\u200A\u202F\u205F\u3000]/gu;
/** A word with letters of scripts that look alike: in "p\u0430ypal" the second letter is Cyrillic. */
const MIXED_WORD =
  /(?=\p{L}*\p{Script=Latin})(?=\p{L}*[\p{Script=Cyrillic}\p{Script=Greek}\p{Script=Armenian}\p{Script=Cherokee}])\p{L}+/gu;
const LOOKING_LATIN =
  /[\p{Script=Cyrillic}\p{Script=Greek}\p{Script=Armenian}\p{Script=Cherokee}]/gu;
/** A letter and its accents, written apart. */
const APART = /[^\p{M}]\p{M}+/gu;

/**
 * A JSON value as a person can check it: as JSON, so that "1" is not 1, and with a code for each character that is
 * invisible, turns text round, or looks like another: `\u{202e}`. Two values that differ are
 * never shown by the same characters.
 */
export function showValue(value: unknown): string {
  return coded(JSON.stringify(value) ?? "");
}

/** A line of a long text, shown likewise but without quotes; spaces at its end have codes too. */
export function showLine(line: string): string {
  return coded(line.replaceAll("\\u{", "\\\\u{")).replace(/ +$/, (spaces) =>
    "\\u{20}".repeat(spaces.length),
  );
}

function coded(text: string): string {
  return text
    .replace(APART, (cluster) =>
      cluster.normalize("NFC") === cluster ? cluster : cluster.replace(/\p{M}/gu, code),
    )
    .replace(MIXED_WORD, (word) => word.replace(LOOKING_LATIN, code))
    .replace(HIDDEN, code)
    .replace(ODD_SPACE, code);
}

function code(character: string): string {
  return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
}
