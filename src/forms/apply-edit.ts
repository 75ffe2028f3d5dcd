import type { Language } from "../events.ts";
import { type ArgsCheck, compileCheck } from "./check-args.ts";
import { fieldErrors } from "./field-errors.ts";
import { fieldsOf } from "./form-fields.ts";
import { type Edited, editedArgs, type Values } from "./form-values.ts";
import type { Schema } from "./resolve-schema.ts";

/**
 * A submitted edit form as new arguments, checked by the tool's schema with its defaults filled in; or what is wrong,
 * each error at the path of a field that `fieldsOf(schema, current)` has. `values` holds the values of all pages.
 *
 * `check` is the tool's own, where there is one; it may be compiled from the schema and kept.
 */
export function applyEdit(
  current: Record<string, unknown>,
  schema: Schema,
  values: Values,
  {
    check = compileCheck(schema),
    language = "en",
  }: { check?: ArgsCheck; language?: Language } = {},
): Edited {
  const edited = editedArgs(schema, current, values, language);
  if (!edited.ok) return edited;
  const checked = check(edited.args, language);
  if (checked.ok) return checked;
  return { ok: false, errors: fieldErrors(fieldsOf(schema, current), checked.errors, language) };
}
