/** How much of each message's text has been received: live deltas and journal rows tell the same text twice, each with its offset. */
export type ReceivedText = {
  /** What is new of a journal row that begins at `from` (UTF-16 units). Rows come in order and miss nothing. */
  journaled(message: string, from: number, text: string): string;
  /** What is new of a live delta; "" where something before it is missing, since the journal will bring both. */
  live(message: string, from: number, text: string): string;
  /** The message's text counts for nothing: it begins again at 0. */
  discard(message: string): void;
};

export function receivedText(): ReceivedText {
  const lengths = new Map<string, number>();
  const newEnd = (message: string, have: number, from: number, text: string) => {
    if (from + text.length <= have) return "";
    lengths.set(message, from + text.length);
    return text.slice(have - from);
  };
  return {
    // A reader that begins in the middle has nothing of the message yet: it takes up the row where it begins.
    journaled: (message, from, text) =>
      newEnd(message, Math.max(lengths.get(message) ?? from, from), from, text),
    live(message, from, text) {
      const have = lengths.get(message) ?? 0;
      return from > have ? "" : newEnd(message, have, from, text);
    },
    discard: (message) => void lengths.delete(message),
  };
}
