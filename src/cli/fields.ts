import type { Field } from "../adapter.ts";
import type { Language } from "../events.ts";
import { faultWords } from "../forms/fault-words.ts";
import { jsonText } from "../forms/hidden.ts";
import { parseJson } from "../forms/parse-json.ts";
import { shownIn } from "../forms/shown-in.ts";

/** Whether a field is typed as JSON: what one line cannot hold otherwise, lists and text of several lines. */
export function isTypedAsJson(field: Field): boolean {
  if (field.type === "text") return String(field.value ?? "").includes("\n");
  return field.type === "json" || isList(field);
}

/** What stands in a field's line at first. */
export function typedOf(field: Field): string {
  if (field.value === undefined) return "";
  return isTypedAsJson(field) ? jsonText(field.value) : String(shownIn(field) ?? "");
}

/** What a typed line puts into the form, where it is legible. */
export function sentFor(
  field: Field,
  typed: string,
  language: Language,
): { sent: unknown } | { fault: string } {
  if (field.type === "json" || !isTypedAsJson(field) || typed.trim() === "") return { sent: typed };
  const words = faultWords(language);
  const read = parseJson(typed);
  if ("fault" in read) return { fault: words[read.fault] };
  return isList(field) && !Array.isArray(read.value) ? { fault: words.list } : { sent: read.value };
}

function isList(field: Field): boolean {
  return field.type === "strings" || field.type === "multi-enum";
}
