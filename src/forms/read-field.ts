import type { Field } from "../adapter.ts";
import type { Language } from "../events.ts";
import { faultWords, listed } from "./fault-words.ts";
import { isDate, isDateTime } from "./field-type.ts";
import { parseJson } from "./parse-json.ts";
import { readNumber } from "./read-number.ts";
import { sameJson } from "./same-json.ts";
import { shownIn } from "./shown-in.ts";

/** What a submitted input means for its argument. */
export type Read =
  | { kind: "unchanged" }
  | { kind: "value"; value: unknown }
  | { kind: "left out" }
  | { kind: "fault"; message: string };

/**
 * Reads what a surface sent for a field: text as typed, true or false, an option or its text, several options, a list
 * of texts, a moment as text or as seconds since 1970. Empty (null, "", []) leaves an optional argument out. Only the
 * type is judged here; ranges, lengths and patterns are for the check of the whole.
 */
export function readField(field: Field, sent: unknown, language: Language): Read {
  const words = faultWords(language);
  if (isEmpty(sent)) {
    if (field.secret && !field.required) return { kind: "unchanged" };
    if (field.required) {
      // the required text that consists of line feeds comes back as nothing
      return field.value !== undefined && isEmpty(shownIn(field))
        ? { kind: "unchanged" }
        : { kind: "fault", message: words.required };
    }
    if (isEmpty(shownIn(field))) return { kind: "unchanged" };
    return field.emptied === undefined
      ? { kind: "left out" }
      : { kind: "value", value: field.emptied };
  }
  const read = readValue(field, sent, language);
  if (typeof read === "string") return { kind: "fault", message: read };
  return !field.secret && field.value !== undefined && isSame(field, read.value, sent)
    ? { kind: "unchanged" }
    : { kind: "value", value: read.value };
}

function isEmpty(sent: unknown): boolean {
  return (
    sent === null ||
    (typeof sent === "string" && sent.trim() === "") ||
    (Array.isArray(sent) && sent.length === 0)
  );
}

/** The value, or what is wrong. */
function readValue(field: Field, sent: unknown, language: Language): { value: unknown } | string {
  const words = faultWords(language);
  switch (field.type) {
    case "string":
    case "text":
      return typeof sent === "string" ? { value: sent.replaceAll("\r\n", "\n") } : words.text;
    case "number":
    case "integer": {
      const read = readNumber(textOf(sent));
      if ("fault" in read) return words[read.fault];
      return field.type === "number" || Number.isInteger(read.value) ? read : words.integer;
    }
    case "boolean":
      if (sent === true || sent === "true") return { value: true };
      if (sent === false || sent === "false") return { value: false };
      return words.yesNo;
    case "enum":
      return readOption(field.options, sent, language);
    case "multi-enum": {
      const read = linesOf(sent).map((item) => readOption(field.options, item, language));
      const fault = read.find((item) => typeof item === "string");
      const values = read.flatMap((item) => (typeof item === "string" ? [] : item.value));
      return fault ?? { value: [...new Set(values)] };
    }
    case "date":
      return typeof sent === "string" && isDate(sent.trim()) ? { value: sent.trim() } : words.date;
    case "date-time": {
      const text = momentOf(sent);
      return text !== undefined && isDateTime(text) ? { value: text } : words.dateTime;
    }
    case "strings": {
      const lines = linesOf(sent);
      return lines.every((line) => typeof line === "string") ? { value: lines } : words.lines;
    }
    case "json": {
      const read = typeof sent === "string" ? parseJson(sent) : { value: sent };
      return "fault" in read ? words[read.fault] : read;
    }
    default: {
      const never: never = field;
      return never;
    }
  }
}

type Option = { value: string | number | boolean };

function readOption(options: Option[], sent: unknown, language: Language) {
  const text = typeof sent === "boolean" ? String(sent) : textOf(sent);
  const picked = options.find(({ value }) => String(value) === text);
  if (picked) return { value: picked.value };
  const all = options.map(({ value }) => String(value));
  return faultWords(language).option(listed(all, language));
}

function linesOf(sent: unknown): unknown[] {
  if (Array.isArray(sent)) return sent;
  const lines = textOf(sent).split("\n");
  return lines.map((line) => line.trim()).filter((line) => line !== "");
}

function textOf(sent: unknown): string {
  return typeof sent === "string" || typeof sent === "number" ? String(sent).trim() : "";
}

function momentOf(sent: unknown): string | undefined {
  if (typeof sent === "string") return sent.trim();
  if (typeof sent !== "number" || !(Math.abs(sent) <= 8.64e12)) return undefined;
  return new Date(Math.floor(sent) * 1000).toISOString().replace(".000Z", "Z");
}

/** Whether what was read is what stood there, as far as the input can tell. */
function isSame(field: Field, value: unknown, sent: unknown): boolean {
  const shown = field.value;
  switch (field.type) {
    case "text": // some inputs trim the line feeds at the end
      return String(value).replace(/\n+$/, "") === String(shown).replace(/\n+$/, "");
    case "date-time": // a picker knows neither time zones nor parts of a second
      return typeof sent === "number"
        ? Math.floor(Date.parse(String(shown)) / 1000) === Math.floor(sent)
        : shown === value;
    case "multi-enum": // options are picked in no order
      return (
        Array.isArray(shown) &&
        Array.isArray(value) &&
        shown.length === value.length &&
        shown.every((item) => value.includes(item))
      );
    default:
      return sameJson(shown, value);
  }
}
