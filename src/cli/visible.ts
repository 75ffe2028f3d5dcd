/**
 * Text from a server, a model or a tool as a terminal may be given it: whatever would move the cursor, colour,
 * reverse, hide or send something is shown as its code, `\u{1b}`. Newlines stay, tabs become spaces.
 */
export function visible(text: string): string {
  return text
    .replaceAll("\r\n", "\n")
    .replaceAll("\t", "    ")
    .replace(HIDDEN, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`);
}

/** As `visible`, on one line. */
export function visibleLine(text: string): string {
  return visible(text).replaceAll("\n", "\\n");
}

/**
 * Control and format characters (escape, bell, C1, bidirectional overrides, zero-width, tags), lone surrogates,
 * private use, line separators, and letters that draw nothing. Joiners stay where scripts and emoji need them:
 * after something that is not ASCII.
 */
const HIDDEN =
  /(?!\n)(?!(?<=[^\p{ASCII}\p{Cf}])[\u200C\u200D])[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Zl}\p{Zp}\u115F\u1160\u17B4\u17B5\u2800\u3164\uFFA0]/gu;

/** JSON whose strings hold nothing invisible, so that it can be typed over and parsed again. */
export function visibleJson(value: unknown, indent?: number): string {
  return JSON.stringify(value, null, indent).replace(HIDDEN, (character) =>
    Array.from(
      { length: character.length },
      (_, i) => `\\u${character.charCodeAt(i).toString(16).padStart(4, "0")}`,
    ).join(""),
  );
}
