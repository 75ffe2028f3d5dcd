import type { Field, FieldError } from "../adapter.ts";
import type { Language } from "../events.ts";
import { faultWords } from "./fault-words.ts";
import { layoutOf } from "./form-fields.ts";
import { isObject, isWithin, valueAt, withValue } from "./pointer.ts";
import { readField } from "./read-field.ts";
import type { Schema } from "./resolve-schema.ts";

/** What a surface sent, by the fields' paths. What has no property was not on its page and stays as it is. */
export type Values = Record<string, unknown>;

export type Edited =
  | { ok: true; args: Record<string, unknown> }
  | { ok: false; errors: FieldError[] };

/**
 * A call's arguments with a form's values put in, not yet checked by the schema. The form is that of `fieldsOf` for
 * the same schema and arguments. Inputs that say what they said at first change nothing, to the last byte; a nested
 * object that is not required goes when all in it is left out. Each error has the path of a field of the form.
 */
export function editedArgs(
  schema: Schema | null,
  current: Record<string, unknown>,
  values: Values,
  language: Language = "en",
): Edited {
  const { fields, optionalObjects } = layoutOf(schema, current);
  const errors = unknownFields(fields, values, language);
  let args: unknown = current;
  const emptied: string[] = [];
  for (const field of fields) {
    const sent = Object.hasOwn(values, field.path) ? values[field.path] : undefined;
    if (sent === undefined) continue;
    const read = readField(field, sent, language);
    switch (read.kind) {
      case "fault":
        errors.push({ path: field.path, message: read.message });
        break;
      case "value":
        args = withValue(args, field.path, read.value);
        break;
      case "left out":
        args = withValue(args, field.path, undefined);
        emptied.push(field.path);
        break;
      case "unchanged":
        break;
      default: {
        const never: never = read;
        return never;
      }
    }
  }
  // innermost first: an object that held only empty objects is empty then
  for (const path of optionalObjects.toReversed())
    if (emptied.some((gone) => isWithin(gone, path)) && isEmptyObject(valueAt(args, path)))
      args = withValue(args, path, undefined);
  if (errors.length > 0) return { ok: false, errors };
  return isObject(args)
    ? { ok: true, args }
    : { ok: false, errors: [{ path: "", message: faultWords(language).object }] };
}

function unknownFields(fields: Field[], values: Values, language: Language): FieldError[] {
  const known = new Set(fields.map(({ path }) => path));
  const path = fields[0]?.path ?? "";
  return Object.keys(values)
    .filter((name) => !known.has(name))
    .map((name) => ({ path, message: faultWords(language).unknownField(name) }));
}

function isEmptyObject(value: unknown): boolean {
  return isObject(value) && Object.keys(value).length === 0;
}
