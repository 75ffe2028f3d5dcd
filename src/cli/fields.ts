import type { Field, FieldError } from "../adapter.ts";
import { visible, visibleJson } from "./visible.ts";

type Schema = Record<string, unknown>;

/**
 * The inputs for a call's arguments: one for each property of the tool's JSON Schema, in its order, then one for
 * each further argument. What has no input of its own in a terminal (lists, objects, text of several lines or
 * with hidden characters) is typed as JSON. Without a schema: all arguments as one JSON text, at path "".
 */
export function fieldsOf(parameters: Schema | null, args: Record<string, unknown>): Field[] {
  const properties = asSchema(parameters?.properties);
  if (!properties) return [{ path: "", label: "args", required: true, type: "json", value: args }];
  const required = Array.isArray(parameters?.required) ? parameters.required : [];
  const names = new Set([...Object.keys(properties), ...Object.keys(args)]);
  return [...names].map((name) => {
    const schema = asSchema(properties[name]) ?? {};
    const help = typeof schema.description === "string" ? schema.description : undefined;
    const value = Object.hasOwn(args, name) ? args[name] : schema.default;
    return {
      path: `/${name.replaceAll("~", "~0").replaceAll("/", "~1")}`,
      label: typeof schema.title === "string" ? schema.title : name,
      ...(help !== undefined && { help }),
      required: required.includes(name),
      ...(value !== undefined && { value }),
      ...kindOf(schema, value),
    };
  });
}

function kindOf(
  schema: Schema,
  value: unknown,
): { type: "string" | "number" | "integer" | "boolean" | "json" } | EnumKind {
  const options = schema.enum;
  if (Array.isArray(options) && options.length > 0 && options.every(isPrimitive))
    return {
      type: "enum",
      options: options.map((option) => ({ label: String(option), value: option })),
    };
  const type = schema.type;
  const known = value === undefined ? undefined : typeof value;
  switch (type) {
    case "string": {
      const isPlain = value === undefined || (typeof value === "string" && fitsOneLine(value));
      return { type: isPlain ? "string" : "json" };
    }
    case "number":
    case "integer":
      return { type: known === undefined || known === "number" ? type : "json" };
    case "boolean":
      return { type: known === undefined || known === "boolean" ? type : "json" };
    default:
      return { type: "json" };
  }
}
type EnumKind = Pick<Extract<Field, { type: "enum" | "multi-enum" }>, "options"> & { type: "enum" };

/** What stands in a field's input at first. */
export function typedOf(field: Field): string {
  if (field.value === undefined) return "";
  return field.type === "json" ? visibleJson(field.value) : String(field.value);
}

/** `omitted`: the argument is left out. `fault`: the text is no value of the field's type. */
export type Typed =
  | { kind: "value"; value: unknown }
  | { kind: "omitted" }
  | { kind: "fault"; fault: "required" | "number" | "integer" | "json" };

/** A field's value from what was typed. Only its type is looked at: ranges, lengths and patterns are the server's to judge. */
export function readTyped(field: Field, text: string): Typed {
  if (text.trim() === "" && (field.type !== "string" || !field.required)) {
    if (field.required) return { kind: "fault", fault: "required" };
    return field.type === "string" && field.value === text
      ? { kind: "value", value: text }
      : { kind: "omitted" };
  }
  switch (field.type) {
    case "number":
    case "integer": {
      const value = Number(text);
      const isFine =
        field.type === "integer" ? Number.isSafeInteger(value) : Number.isFinite(value);
      return isFine ? { kind: "value", value } : { kind: "fault", fault: field.type };
    }
    case "json":
      try {
        return { kind: "value", value: JSON.parse(text) };
      } catch {
        return { kind: "fault", fault: "json" };
      }
    default:
      return { kind: "value", value: text };
  }
}

/** The arguments with each field's value set, or left out. */
export function withValues(
  args: Record<string, unknown>,
  values: { field: Field; typed: Exclude<Typed, { kind: "fault" }> }[],
): Record<string, unknown> {
  const entries = new Map(Object.entries(args));
  for (const { field, typed } of values) {
    if (field.path === "") return typed.kind === "value" ? (typed.value as typeof args) : args;
    const name = field.path.slice(1).replaceAll("~1", "/").replaceAll("~0", "~");
    if (typed.kind === "value") entries.set(name, typed.value);
    else entries.delete(name);
  }
  return Object.fromEntries(entries);
}

/** What the server says about a field; a decision's errors have paths from its body, `/args/hotel_name`. */
export function faultOf(field: Field, errors: FieldError[]): string | undefined {
  const path = `/args${field.path}`;
  const found = errors.filter((error) => error.path === path || error.path.startsWith(`${path}/`));
  return found.length === 0 ? undefined : found.map((error) => error.message).join("; ");
}

function asSchema(value: unknown): Schema | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Schema)
    : undefined;
}

function isPrimitive(value: unknown): value is string | number | boolean {
  return ["string", "number", "boolean"].includes(typeof value);
}

function fitsOneLine(text: string): boolean {
  return visible(text) === text && !text.includes("\n");
}
