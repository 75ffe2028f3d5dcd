import type { Field } from "../adapter.ts";
import type { Language } from "../events.ts";
import { plainLine } from "./hidden.ts";
import { shownIn } from "./shown-in.ts";

/** What the forms of a surface hold. Lengths are in UTF-16 units. */
export type SurfaceLimits = {
  fieldsPerPage: number;
  maxPages: number;
  /** The longest text that stands in an input. */
  maxTextLength: number;
  /** The most options that can be picked from. */
  maxOptions: number;
  /** The longest text of an option. */
  maxOptionLength: number;
};

/** Why a field cannot be edited on the surface, for people who are told to do so elsewhere. */
export type Elsewhere = { field: Field; reason: Record<Language, string> };

/**
 * The fields page by page in their order, and those that the surface cannot hold: each field is in exactly one place,
 * whole. An input that is left elsewhere keeps its value. An enum with more or longer options than fit is typed.
 */
export function toPages(
  fields: Field[],
  limits: SurfaceLimits,
): { pages: Field[][]; elsewhere: Elsewhere[] } {
  const elsewhere: Elsewhere[] = [];
  const here: Field[] = [];
  for (const given of fields) {
    const field = typed(given, limits);
    const shown = shownIn(field, limits.maxTextLength);
    if (typeof shown === "string" && shown.length > limits.maxTextLength)
      elsewhere.push({ field, reason: tooLong(field, shown.length, limits.maxTextLength) });
    else if (here.length >= limits.fieldsPerPage * limits.maxPages)
      elsewhere.push({ field, reason: tooMany(field, fields.length, limits) });
    else here.push(field);
  }
  const pages: Field[][] = [];
  for (let from = 0; from < here.length; from += limits.fieldsPerPage)
    pages.push(here.slice(from, from + limits.fieldsPerPage));
  return { pages, elsewhere };
}

/** A field whose options do not fit, as one whose option is typed; `readField` takes the text for the option. */
function typed(field: Field, { maxOptions, maxOptionLength }: SurfaceLimits): Field {
  if (field.type !== "enum" && field.type !== "multi-enum") return field;
  const { options, type, ...rest } = field;
  const texts = options.map(({ value }) => String(value));
  if (texts.length <= maxOptions && texts.every((text) => text.length <= maxOptionLength))
    return field;
  const some = plainLine(texts.slice(0, 20).join(" | "), 200);
  const more = texts.length > 20 ? ` | … (${texts.length})` : "";
  const help = `${rest.help === undefined ? "" : `${rest.help} · `}${some}${more}`;
  const value = shownIn(field);
  return {
    ...rest,
    help,
    ...(value !== null && (type === "multi-enum" || value !== "") && { value }),
    type: type === "enum" ? "string" : "strings",
  };
}

function tooLong({ label }: Field, length: number, max: number): Record<Language, string> {
  return {
    en: `“${label}” is ${length} characters long and a form here holds ${max}: edit it in the terminal or by the API.`,
    zh: `“${label}”有 ${length} 个字符，而此处的表单最多容纳 ${max} 个：请在终端或通过 API 编辑。`,
  };
}

function tooMany({ label }: Field, count: number, limits: SurfaceLimits): Record<Language, string> {
  const held = limits.fieldsPerPage * limits.maxPages;
  return {
    en: `There are ${count} fields and forms here hold ${held}: edit “${label}” in the terminal or by the API.`,
    zh: `共有 ${count} 个字段，而此处的表单最多容纳 ${held} 个：请在终端或通过 API 编辑“${label}”。`,
  };
}
