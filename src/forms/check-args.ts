import { Ajv, type Options } from "ajv";
import { Ajv2020 } from "ajv/dist/2020.js";
import formats from "ajv-formats";
import type { FieldError } from "../adapter.ts";
import type { Language } from "../events.ts";
import { faultWords } from "./fault-words.ts";
import { schemaFault } from "./schema-fault.ts";
import { withinTime } from "./within-time.ts";

const COMPILE_MS = 2_000;
const CHECK_MS = 1_000;
const MAX_ERRORS = 20;

const settings: Options = {
  strict: false,
  allErrors: true,
  useDefaults: true,
  ownProperties: true, // an argument may be called "valueOf"
  addUsedSchema: false, // two tools may use the same $id
  logger: false,
};
const draft7 = new Ajv(settings);
const draft2020 = new Ajv2020(settings);
formats.default(draft7);
formats.default(draft2020);

/** Arguments as checked, with their defaults; or what is wrong with them, by JSON pointer. */
type Checked = { ok: true; args: Record<string, unknown> } | { ok: false; errors: FieldError[] };

/** Errors come in the language asked for, English otherwise. */
export type ArgsCheck = (args: unknown, language?: Language) => Checked;

/**
 * The check of a tool's arguments by its JSON Schema (draft-07, or 2020-12 where the schema does
 * not say). Defaults are filled in; nothing is converted. Throws when the schema can't be compiled.
 */
export function compileCheck(schema: Record<string, unknown>): ArgsCheck {
  const { $schema, ...rest } = schema;
  const ajv = /draft-0[4-7]/.test(String($schema)) ? draft7 : draft2020;
  const validate = withinTime(() => ajv.compile(rest), COMPILE_MS);
  ajv.removeSchema(rest); // from its cache: a server may list its tools anew as often as it likes
  return (given, language = "en") => {
    if (typeof given !== "object" || given === null || Array.isArray(given))
      return { ok: false, errors: [{ path: "", message: faultWords(language).notObject }] };
    const args = structuredClone(given) as Record<string, unknown>;
    try {
      if (withinTime(() => validate(args), CHECK_MS)) return { ok: true, args };
    } catch {
      return { ok: false, errors: [{ path: "", message: faultWords(language).slow }] };
    }
    const errors = (validate.errors ?? []).slice(0, MAX_ERRORS);
    return { ok: false, errors: errors.map((error) => schemaFault(error, language)) };
  };
}
