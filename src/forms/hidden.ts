/**
 * Characters that a reader cannot see, or that turn text round: control and format characters (escape, bell, C1,
 * bidirectional overrides), whatever draws nothing (zero-width, variation selectors, tags, fillers), lone surrogates,
 * private use, line separators. Not the line feed; joiners and the emoji selectors stay where scripts and emoji need
 * them: after something that is not ASCII.
 */
export const HIDDEN =
  /(?!\n)(?!(?<=[^\p{ASCII}\p{Cf}])(?:\u200C|\u200D|\uFE0E|\uFE0F))[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800]/gu;

/** Whether a text input hands `text` back as it was: nothing hidden, no tab, nothing that is trimmed away. */
export function survivesInput(text: string): boolean {
  return text.search(HIDDEN) === -1 && text.trim() === text;
}

/** JSON whose strings hold nothing hidden, so that it can be typed over and parsed again to the same value. */
export function jsonText(value: unknown, indent?: number): string {
  return JSON.stringify(value, null, indent).replace(HIDDEN, (character) =>
    Array.from(
      { length: character.length },
      (_, i) => `\\u${character.charCodeAt(i).toString(16).padStart(4, "0")}`,
    ).join(""),
  );
}

/** A stranger's text on one line, without what is hidden, at most `max` UTF-16 units. For labels and help only. */
export function plainLine(text: string, max: number): string {
  const plain = text
    .slice(0, 4 * max)
    .replace(HIDDEN, " ")
    .replace(/\s+/gu, " ")
    .trim();
  return plain.length <= max
    ? plain
    : `${plain.slice(0, max - 1).replace(/[\uD800-\uDBFF]$/, "")}…`;
}
