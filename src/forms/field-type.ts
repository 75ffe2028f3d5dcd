import type { Field } from "../adapter.ts";
import { plainLine, survivesInput } from "./hidden.ts";
import { isObject } from "./pointer.ts";
import { resolveSchema, type Schema } from "./resolve-schema.ts";

const LONG = 200;
const DATE = /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$/;
const MOMENT = /^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/;

type Option = { label: string; value: string | number | boolean };
type OneOf<T> = T extends unknown ? Omit<T, keyof Named> : never;
type Named = Pick<Field, "path" | "label" | "help" | "required" | "value" | "emptied" | "secret">;

/** The part of a field that depends on its type. */
export type FieldType = OneOf<Field>;

/**
 * The input for a plain schema, if the current value can stand in it: a date picker cannot hold "soon", nor a line
 * of text a hidden character. What has no input of its own is JSON, which can hold anything.
 */
export function fieldType(schema: Schema, value: unknown, root: Schema): FieldType {
  const options = optionsOf(schema);
  if (options)
    return value === undefined || options.some((option) => option.value === value)
      ? { type: "enum", options }
      : { type: "json" };
  const isNew = value === undefined;
  switch (schema.type) {
    case "string":
      return isNew || typeof value === "string"
        ? stringType(schema, value ?? "")
        : { type: "json" };
    case "number":
    case "integer":
      return isNew || (schema.type === "number" ? Number.isFinite(value) : Number.isInteger(value))
        ? { type: schema.type, ...rangeOf(schema) }
        : { type: "json" };
    case "boolean":
      return isNew || typeof value === "boolean" ? { type: "boolean" } : { type: "json" };
    case "array":
      return listType(schema, value, root);
    default:
      return { type: "json" };
  }
}

export function isDate(text: string): boolean {
  return DATE.test(text) && new Date(`${text}T00:00:00Z`).getUTCDate() === Number(text.slice(8));
}

/** A moment as RFC 3339 writes it, with its time zone. */
export function isDateTime(text: string): boolean {
  return MOMENT.test(text) && isDate(text.slice(0, 10)) && !Number.isNaN(Date.parse(text));
}

function stringType(schema: Schema, value: string): FieldType {
  // a text that ends in line feeds is a file's, and no reason to type it as JSON
  if (
    !survivesInput(value.includes("\n") ? value.replace(/\n+$/, "").replaceAll("\t", " ") : value)
  )
    return { type: "json" };
  if (schema.format === "date" && (value === "" || isDate(value))) return { type: "date" };
  if (schema.format === "date-time" && (value === "" || isDateTime(value)))
    return { type: "date-time" };
  const limits = {
    ...count(schema, "minLength"),
    ...count(schema, "maxLength"),
    ...(typeof schema.pattern === "string" && { pattern: schema.pattern }),
  };
  const isLong =
    (limits.maxLength ?? 0) > LONG ||
    (limits.minLength ?? 0) > LONG ||
    schema.contentMediaType !== undefined ||
    value.length > LONG ||
    value.includes("\n");
  return { type: isLong ? "text" : "string", ...limits };
}

function listType(schema: Schema, value: unknown, root: Schema): FieldType {
  if (schema.prefixItems !== undefined || (value !== undefined && !Array.isArray(value)))
    return { type: "json" };
  const items = resolveSchema(schema.items, root);
  if (!items || items.nullable) return { type: "json" };
  const current: unknown[] = value ?? [];
  const options = optionsOf(items.schema);
  if (options)
    return new Set(current).size === current.length &&
      current.every((item) => options.some((option) => option.value === item))
      ? { type: "multi-enum", options }
      : { type: "json" };
  const isLine = (item: unknown) =>
    typeof item === "string" && item !== "" && !item.includes("\n") && survivesInput(item);
  return items.schema.type === "string" && current.every(isLine)
    ? { type: "strings", ...count(schema, "minItems"), ...count(schema, "maxItems") }
    : { type: "json" };
}

/** The choices of `enum`, `const`, or a union of constants with titles. Undefined where text cannot tell them apart. */
function optionsOf(schema: Schema): Option[] | undefined {
  const given = Array.isArray(schema.enum)
    ? schema.enum.map((value) => ({ value, title: undefined }))
    : Object.hasOwn(schema, "const")
      ? [{ value: schema.const, title: undefined }]
      : constantsOf(schema.oneOf ?? schema.anyOf);
  if (!given || given.length === 0) return undefined;
  const options: Option[] = [];
  for (const { value, title } of given) {
    if (!isPrimitive(value)) return undefined;
    const text = String(value);
    if (text === "" || text.includes("\n") || !survivesInput(text)) return undefined;
    // the value is always to be seen: a title is the schema author's claim about it
    options.push({
      label: title === undefined || title === text ? text : `${title} (${text})`,
      value,
    });
  }
  return new Set(options.map(({ value }) => String(value))).size === options.length
    ? options
    : undefined;
}

function constantsOf(
  branches: unknown,
): { value: unknown; title: string | undefined }[] | undefined {
  if (!Array.isArray(branches)) return undefined;
  const constants = branches.map((one) =>
    isObject(one) && Object.hasOwn(one, "const")
      ? [
          {
            value: one.const,
            title: typeof one.title === "string" ? plainLine(one.title, 80) : undefined,
          },
        ]
      : [],
  );
  return constants.every((found) => found.length === 1) ? constants.flat() : undefined;
}

function rangeOf(schema: Schema): { minimum?: number; maximum?: number } {
  const { minimum, maximum, exclusiveMinimum: above, exclusiveMaximum: below } = schema;
  const whole = schema.type === "integer";
  const least = typeof minimum === "number" ? minimum : undefined;
  const most = typeof maximum === "number" ? maximum : undefined;
  const from = whole && typeof above === "number" ? Math.floor(above) + 1 : undefined;
  const to = whole && typeof below === "number" ? Math.ceil(below) - 1 : undefined;
  const min = least === undefined || from === undefined ? (least ?? from) : Math.max(least, from);
  const max = most === undefined || to === undefined ? (most ?? to) : Math.min(most, to);
  return { ...(min !== undefined && { minimum: min }), ...(max !== undefined && { maximum: max }) };
}

function count<K extends string>(schema: Schema, word: K): { [word in K]?: number } {
  const value = schema[word];
  return (Number.isInteger(value) ? { [word]: value } : {}) as { [word in K]?: number };
}

function isPrimitive(value: unknown): value is Option["value"] {
  return ["string", "number", "boolean"].includes(typeof value);
}
