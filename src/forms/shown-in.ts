import type { Field } from "../adapter.ts";
import { jsonText } from "./hidden.ts";

/** What stands in an input: text; yes or no; the options picked, as text. Null: nothing is picked. */
export type Shown = string | boolean | string[] | null;

/**
 * What stands in a field's input at first. Submitted as it is, it changes nothing.
 * Lists of texts are one to a line. JSON is indented where that fits into `maxLength`.
 */
export function shownIn(field: Field, maxLength = Number.POSITIVE_INFINITY): Shown {
  const { value } = field;
  switch (field.type) {
    case "boolean":
      return typeof value === "boolean" ? value : null;
    case "enum":
      return value === undefined || value === null ? null : String(value);
    case "multi-enum":
      return Array.isArray(value) ? value.map(String) : [];
    case "strings":
      return Array.isArray(value) ? value.join("\n") : "";
    case "json": {
      if (value === undefined) return "";
      const indented = jsonText(value, 2);
      return indented.length <= maxLength ? indented : jsonText(value);
    }
    case "string":
    case "text":
    case "number":
    case "integer":
    case "date":
    case "date-time":
      return value === undefined || value === null ? "" : String(value);
    default: {
      const never: never = field;
      return never;
    }
  }
}
