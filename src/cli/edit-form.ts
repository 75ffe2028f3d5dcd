import type { Field, FieldError } from "../adapter.ts";
import type { ApprovalBody } from "../api.ts";
import { faultOf, fieldsOf, readTyped, type Typed, typedOf, withValues } from "./fields.ts";
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
  approval: ApprovalBody,
  draft: Draft,
  signal: AbortSignal,
): Promise<Record<string, unknown> | undefined> {
  const fields = fieldsOf(approval.parameters, draft.args);
  const wrong = fields.filter((field) => faultOf(field, draft.errors) !== undefined);
  const values: { field: Field; typed: Exclude<Typed, { kind: "fault" }> }[] = [];
  for (const field of wrong.length > 0 ? wrong : fields) {
    const fault = faultOf(field, draft.errors);
    const typed = await askField(screen, words, field, fault, signal);
    if (typed === undefined || typed.kind === "fault") return undefined;
    values.push({ field, typed });
  }
  return withValues(draft.args, values);
}

/** Whether a refusal can be shown at the fields that it is about. */
export function hasFaults(approval: ApprovalBody, draft: Draft): boolean {
  return fieldsOf(approval.parameters, draft.args).some(
    (field) => faultOf(field, draft.errors) !== undefined,
  );
}

async function askField(
  screen: Screen,
  words: Words,
  field: Field,
  fault: string | undefined,
  signal: AbortSignal,
): Promise<Typed | undefined> {
  const notes = [
    field.help,
    field.type === "json" ? words.asJson : undefined,
    field.required ? undefined : words.optional,
  ].filter((note) => note !== undefined);
  const question = field.label + (notes.length > 0 ? ` (${notes.join("; ")})` : "");

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
    if (picked === "omit") return { kind: "omitted" };
    return { kind: "value", value: options[Number(picked)]?.value };
  }

  const text = await screen.ask(question, {
    initial: typedOf(field),
    fault,
    check(typed) {
      const read = readTyped(field, typed);
      return read.kind === "fault" ? words.faults[read.fault] : undefined;
    },
    signal,
  });
  return text === undefined ? undefined : readTyped(field, text);
}
