import type { Field } from "../adapter.ts";
import { fieldType } from "./field-type.ts";
import { plainLine } from "./hidden.ts";
import { isObject, pointer } from "./pointer.ts";
import { resolveSchema, type Schema } from "./resolve-schema.ts";

const MAX_DEPTH = 3;
const MAX_FIELDS = 200;
const MAX_LABEL = 100;
const MAX_HELP = 300;
const COMBINING = ["anyOf", "oneOf", "allOf", "if", "then", "else", "not"] as const;

/** A form's fields. `optionalObjects`: pointers to nested objects that are left out when nothing stands in them. */
export type Layout = { fields: Field[]; optionalObjects: string[] };

/**
 * The inputs for a call's arguments: one for each property of the tool's JSON Schema in its order, nested objects
 * property by property down to three levels, then one for each further argument in `current`. Local references are
 * followed. What has no input of its own (unions, lists of objects, maps, what is too deep) is one JSON text.
 *
 * There is no input for what cannot be changed: `readOnly`, and a constant that is there already. Secrets
 * (`writeOnly`, `format: "password"`), and JSON that may hold one, have an input without their value.
 * At least one field comes out; without a usable schema, or with more than 200 fields, all of it as JSON at "".
 */
export function fieldsOf(schema: Schema | null, current: Record<string, unknown>): Field[] {
  return layoutOf(schema, current).fields;
}

export function layoutOf(schema: Schema | null, current: Record<string, unknown>): Layout {
  const root = schema ?? {};
  const top = resolveSchema(root, root)?.schema ?? {};
  for (const maxDepth of [MAX_DEPTH, 1]) {
    const layout: Layout = { fields: [], optionalObjects: [] };
    if (!isForm(top, root) || !addFields(layout, { root, maxDepth }, whole(top, current))) continue;
    if (layout.fields.length > 0) return { ...layout, fields: distinct(layout.fields) };
  }
  return {
    fields: [
      {
        path: "",
        label: "JSON",
        required: true,
        type: "json",
        ...(holdsSecret(root, root) ? { secret: true as const } : { value: current }),
      },
    ],
    optionalObjects: [],
  };
}

type Limits = { root: Schema; maxDepth: number };
type Level = {
  schema: Schema;
  /** The object as it is; undefined where it is not there. */
  value: Record<string, unknown> | undefined;
  names: string[];
  label: string;
  /** Whether all objects around are required. */
  required: boolean;
};

function whole(schema: Schema, value: Record<string, unknown>): Level {
  return { schema, value, names: [], label: "", required: true };
}

/** False: there are too many. */
function addFields(layout: Layout, limits: Limits, level: Level): boolean {
  const { root, maxDepth } = limits;
  const properties = propertiesOf(level.schema);
  const required = Array.isArray(level.schema.required) ? level.schema.required : [];
  for (const name of new Set([...Object.keys(properties), ...Object.keys(level.value ?? {})])) {
    const given = Object.hasOwn(properties, name) ? properties[name] : {};
    const resolved = resolveSchema(given, root);
    const schema = resolved?.schema ?? (isObject(given) ? wordsOf(given) : {});
    const isThere = level.value !== undefined && Object.hasOwn(level.value, name);
    const value = isThere ? level.value?.[name] : undefined;
    if (schema.readOnly === true || (isThere && schema.const === value)) continue;

    const names = [...level.names, name];
    const label = joined(level.label, labelOf(schema, name));
    const isRequired = level.required && required.includes(name);
    const canNest = names.length < maxDepth && isForm(schema, root);
    if (canNest && (isObject(value) || (!isThere && !resolved?.nullable))) {
      if (!required.includes(name)) layout.optionalObjects.push(pointer(names));
      const below = { schema, value: value as Level["value"], names, label, required: isRequired };
      if (!addFields(layout, limits, below)) return false;
      continue;
    }
    if (layout.fields.length >= MAX_FIELDS) return false;
    const nullable = resolved?.nullable ?? false;
    layout.fields.push(
      toField(schema, root, {
        path: pointer(names),
        label,
        required: isRequired,
        nullable,
        secret: holdsSecret(given, root),
        // a default stands in only where the check would fill it in too: in an object that is there
        value: isThere || level.value === undefined ? value : schema.default,
      }),
    );
  }
  return true;
}

type Named = {
  path: string;
  label: string;
  required: boolean;
  nullable: boolean;
  secret: boolean;
  value: unknown;
};

function toField(schema: Schema, root: Schema, named: Named): Field {
  const { path, label, nullable, secret, value } = named;
  const type = fieldType(schema, nullable && value === null ? undefined : value, root);
  const emptied = emptiedOf(type, schema, named);
  const isBlankAllowed = emptied !== undefined || (secret && value !== undefined);
  const help =
    typeof schema.description === "string" ? plainLine(schema.description, MAX_HELP) : "";
  return {
    path,
    label,
    ...(help !== "" && { help }),
    required: named.required && !isBlankAllowed,
    ...(!secret && value !== undefined && { value }),
    ...(emptied !== undefined && { emptied }),
    ...(secret && { secret: true as const }),
    ...type,
  };
}

/** A required argument can be emptied where null, or nothing, is a value of it. */
function emptiedOf(
  type: { type: Field["type"]; minItems?: number },
  schema: Schema,
  { required, nullable, value }: Named,
): null | "" | [] | undefined {
  if (!required) return undefined;
  if (nullable) return null;
  if (type.type === "strings" || type.type === "multi-enum")
    return (Number(schema.minItems) || 0) > 0 ? undefined : [];
  return value === "" && type.type !== "json" ? "" : undefined;
}

/** Whether an object can be filled in property by property: all that it may hold is known by name. */
function isForm(schema: Schema, root: Schema): boolean {
  const { type = "object", additionalProperties: more = true } = schema;
  const own = propertiesOf(schema);
  if (type !== "object" || Object.keys(own).length === 0) return false;
  if (schema.patternProperties !== undefined || schema.dependentSchemas !== undefined) return false;
  if (isObject(more) && Object.keys(more).length > 0) return false;
  return COMBINING.flatMap((word) => schema[word] ?? []).every((branch) => {
    const resolved = resolveSchema(branch, root);
    return (
      resolved !== undefined &&
      Object.keys(propertiesOf(resolved.schema)).every((name) => Object.hasOwn(own, name))
    );
  });
}

function propertiesOf(schema: Schema): Schema {
  return isObject(schema.properties) ? schema.properties : {};
}

/** Whether a secret is described by the schema or anywhere below it, however deep. */
function holdsSecret(schema: unknown, root: Schema): boolean {
  const seen = new Set<unknown>();
  const ahead = [schema];
  while (ahead.length > 0) {
    const part = ahead.pop();
    if (typeof part !== "object" || part === null || seen.has(part)) continue;
    seen.add(part);
    const { writeOnly, format, $ref } = part as Schema;
    if (writeOnly === true || format === "password") return true;
    if (typeof $ref === "string") ahead.push(resolveSchema({ $ref }, root)?.schema);
    for (const inner of Object.values(part)) ahead.push(inner);
  }
  return false;
}

function labelOf(schema: Schema, name: string): string {
  const title = typeof schema.title === "string" ? plainLine(schema.title, MAX_LABEL) : "";
  if (title !== "") return title;
  const words = plainLine(
    name.replace(/(\p{Ll}|\d)(\p{Lu})/gu, "$1 $2").replace(/[_-]+/g, " "),
    MAX_LABEL,
  );
  if (words === "") return JSON.stringify(name);
  const lower = words.replace(/(?<=\s|^)\p{Lu}\p{Ll}/gu, (start) => start.toLowerCase());
  return lower.slice(0, 1).toUpperCase() + lower.slice(1);
}

function joined(above: string, label: string): string {
  return above === "" ? label : `${above} › ${label}`;
}

/** Fields whose labels are the same are told apart by their paths: a title is the schema author's to choose. */
function distinct(fields: Field[]): Field[] {
  const counts = new Map<string, number>();
  for (const { label } of fields) counts.set(label, (counts.get(label) ?? 0) + 1);
  if (counts.size === fields.length) return fields;
  const told = fields.map((field, i) => {
    if (counts.get(field.label) === 1) return field;
    const isPlain = field.path.length <= 60 && plainLine(field.path, 60) === field.path;
    return { ...field, label: `${field.label} (${isPlain ? field.path : `#${i + 1}`})` };
  });
  return distinct(told); // a title may look like what was just made
}

function wordsOf({ title, description, readOnly, writeOnly, format }: Schema): Schema {
  return { title, description, readOnly, writeOnly, format };
}
