import type { Field, FieldError } from "../adapter.ts";
import type { ApprovalBody } from "../api.ts";
import { fieldErrors } from "../forms/field-errors.ts";
import { fieldHint } from "../forms/field-hint.ts";
import { fieldsOf } from "../forms/form-fields.ts";
import { editedArgs, type Values } from "../forms/form-values.ts";
import { isTypedAsJson, sentFor, typedOf } from "./fields.ts";
import type { Screen } from "./screen.ts";
import type { Words } from "./words.ts";

/** New arguments for a call, in the making: what was typed so far, and what the server said about it. */
export type Draft = { args: Record<string, unknown>; errors: FieldError[] };

/**
 * Asks for a call's arguments field by field, beginning with what `draft` holds. After a refusal only the fields
 * that it names are asked again, each with what is wrong. Undefined: the person turned away.
 */
export async function editForm(
  screen: Screen,
  words: Words,
  { parameters }: ApprovalBody,
  { args, errors }: Draft,
  signal: AbortSignal,
): Promise<Record<string, unknown> | undefined> {
  const fields = fieldsOf(parameters, args);
  const faults = fieldErrors(fields, aboutArgs(errors), words.language);
  const faultOf = (field: Field) =>
    faults
      .filter(({ path }) => path === field.path)
      .map(({ message }) => message)
      .join("; ");
  const wrong = fields.filter((field) => faultOf(field) !== "");
  const edited = (values: Values) => editedArgs(parameters, args, values, words.language);

  const values: Values = {};
  for (const field of wrong.length > 0 ? wrong : fields) {
    const sent = await askField(screen, words, field, {
      fault: faultOf(field) || undefined,
      check(sent) {
        const read = edited({ [field.path]: sent });
        return read.ok ? undefined : read.errors[0]?.message;
      },
      signal,
    });
    if (sent === undefined) return undefined;
    values[field.path] = sent;
  }
  const read = edited(values);
  return read.ok ? read.args : undefined;
}

/** Whether a refusal is about the arguments, and so can be shown at their fields. */
export function hasFaults({ errors }: Draft): boolean {
  return aboutArgs(errors).length > 0;
}

/** A decision's errors have paths from its body, `/args/hotel_name`. */
function aboutArgs(errors: FieldError[]): FieldError[] {
  return errors
    .filter(({ path }) => /^\/args(\/|$)/.test(path))
    .map(({ path, message }) => ({ path: path.slice("/args".length), message }));
}

type How = {
  fault: string | undefined;
  check(sent: unknown): string | undefined;
  signal: AbortSignal;
};

/** What the form is sent for a field; undefined: the person turned away. */
async function askField(
  screen: Screen,
  words: Words,
  field: Field,
  { fault, check, signal }: How,
): Promise<unknown> {
  const notes = isTypedAsJson(field)
    ? [field.help, words.asJson, ...(field.required ? [] : [words.optional])]
    : [fieldHint(field, words.language)];
  const note = notes.filter((part) => part !== undefined && part !== "").join("; ");
  const question = note === "" ? field.label : `${field.label} (${note})`;

  if (field.type === "boolean" || field.type === "enum") {
    const options =
      field.type === "enum"
        ? field.options
        : [
            { label: words.yes, value: true },
            { label: words.no, value: false },
          ];
    const current = options.findIndex((option) => option.value === field.value);
    const choices = options.map(({ label }, i) => ({ value: String(i), label }));
    if (!field.required) choices.push({ value: "omit", label: words.leaveOut });
    const initial = current === -1 ? (field.required ? "0" : "omit") : String(current);
    const picked = await screen.choose(fault ? `${question}\n${fault}` : question, choices, {
      initial,
      signal,
    });
    if (picked === undefined) return undefined;
    return picked === "omit" ? null : options[Number(picked)]?.value;
  }

  const text = await screen.ask(question, {
    initial: typedOf(field),
    fault,
    check(typed) {
      const read = sentFor(field, typed, words.language);
      return "fault" in read ? read.fault : check(read.sent);
    },
    signal,
  });
  if (text === undefined) return undefined;
  const read = sentFor(field, text, words.language);
  return "sent" in read ? read.sent : undefined;
}
