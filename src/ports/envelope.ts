import type { Message } from "./announcements.ts";

/**
 * What travels between processes: who publishes, and messages as JSON of `[topic, message]`. An
 * envelope without messages says that its publisher lost some.
 */
export function seal(sender: string, items: string[]): string {
  return `{"sender":"${sender}","messages":[${items.join(",")}]}`;
}

/** Its messages; undefined for what `mine` sent, and for what is no envelope. */
export function unseal(
  text: string,
  mine: string,
): [topic: string, message: Message][] | undefined {
  if (text.startsWith(`{"sender":"${mine}"`)) return undefined;
  try {
    return JSON.parse(text).messages;
  } catch {
    return undefined;
  }
}

/** A message to seal. One that is larger than `maxBytes`, or that JSON can't hold, becomes a hint. */
export function itemOf(
  topic: string,
  message: Message,
  maxBytes = Number.POSITIVE_INFINITY,
): string {
  try {
    const item = JSON.stringify([topic, message]);
    if (Buffer.byteLength(item) <= maxBytes) return item;
  } catch {
    // Publishing never throws: the hint sends its readers to PostgreSQL.
  }
  return JSON.stringify([topic, { truncated: true }]);
}
