import type { Field, FieldError } from "../adapter.ts";
import type { Language } from "../events.ts";
import { faultWords } from "./fault-words.ts";
import { isWithin } from "./pointer.ts";

/**
 * Errors about arguments as errors about a form's fields, each at a path that a field has. What lies within a field
 * says where ("no. 3 should be text"); what concerns no field alone stands at the nearest, and names its own path.
 */
export function fieldErrors(
  fields: Field[],
  errors: FieldError[],
  language: Language = "en",
): FieldError[] {
  const placed = errors.map(({ path, message }): FieldError => {
    const around = fields
      .filter((field) => isWithin(path, field.path))
      .toSorted((one, other) => other.path.length - one.path.length)[0];
    if (around) return { path: around.path, message: said(around, path, message, language) };
    const near = fields.find((field) => isWithin(field.path, path)) ?? fields[0];
    return {
      path: near?.path ?? "",
      message: path === "" ? message : `${faultWords(language).at(path)}: ${message}`,
    };
  });
  const seen = new Set<string>();
  return placed.filter(({ path, message }) => {
    const key = JSON.stringify([path, message]);
    return !seen.has(key) && seen.add(key);
  });
}

function said(field: Field, path: string, message: string, language: Language): string {
  if (path === field.path) return message;
  const below = path.slice(field.path.length);
  const words = faultWords(language);
  const index = field.type === "json" ? null : /^\/(\d+)$/.exec(below);
  return index
    ? `${words.item(Number(index[1]) + 1)} ${message}`
    : `${words.at(below)}: ${message}`;
}
