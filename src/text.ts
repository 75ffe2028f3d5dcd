/**
 * The one function at every door: replaces what PostgreSQL's jsonb and BullMQ cannot hold.
 * NUL becomes U+2400 (its picture), a lone surrogate U+FFFD. Strings inside objects and arrays too, keys included.
 */
export function clean<T>(value: T): T {
  return cleanValue(value) as T;
}

function cleanValue(value: unknown): unknown {
  if (typeof value === "string") return cleanText(value);
  if (Array.isArray(value)) return value.map(cleanValue);
  if (
    typeof value !== "object" ||
    value === null ||
    Object.getPrototypeOf(value) !== Object.prototype
  )
    return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [cleanText(key), cleanValue(inner)]),
  );
}

function cleanText(text: string): string {
  const formed = text.isWellFormed() ? text : text.toWellFormed();
  return formed.includes("\u0000") ? formed.replaceAll("\u0000", "\u2400") : formed;
}

/** `text` in at most `max` UTF-16 units, never splitting a surrogate pair, ending in `…` where it was cut. For titles and logs only. */
export function shorten(text: string, max: number): string {
  if (text.length <= max) return text;
  return `${text.slice(0, max - 1).replace(/[\uD800-\uDBFF]$/, "")}…`;
}
