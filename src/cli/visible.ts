import { HIDDEN } from "../forms/hidden.ts";

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
