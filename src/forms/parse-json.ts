import { isExact } from "./read-number.ts";

/**
 * The value of a JSON text that a person typed. Unlike JSON.parse it refuses what would be lost without a word: a
 * property that is named twice in one object, a number with more digits than a double holds.
 */
export function parseJson(
  text: string,
): { value: unknown } | { fault: "json" | "twice" | "inexact" } {
  let value: unknown;
  let kept = 0;
  let exact = true;
  try {
    value = JSON.parse(text, function (this: unknown, _name, inner, context?: { source?: string }) {
      if (!Array.isArray(this)) kept++;
      if (typeof inner === "number") exact &&= isExact(context?.source ?? String(inner));
      return inner;
    });
  } catch {
    return { fault: "json" };
  }
  if (!exact) return { fault: "inexact" };
  // the reviver sees each property that was kept, and the root's holder as one more
  return namesIn(text) === kept - 1 ? { value } : { fault: "twice" };
}

/** How many property names a valid JSON text writes: its strings that a colon follows. */
function namesIn(text: string): number {
  const strings = text.matchAll(/"(?:[^"\\]|\\.)*"(\s*:)?/g);
  return strings.reduce((count, [, colon]) => count + (colon === undefined ? 0 : 1), 0);
}
