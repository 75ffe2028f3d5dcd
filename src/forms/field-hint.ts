import type { Field } from "../adapter.ts";
import type { Language } from "../events.ts";

/** What stands beneath an input: the field's help, and what it takes in words, "a whole number, 1 to 7". */
export function fieldHint(field: Field, language: Language): string {
  const words = language === "zh" ? zh : en;
  const parts = [field.help, takes(field, words), emptyWords(field, words)];
  return parts.filter((part) => part !== undefined).join(" · ");
}

function emptyWords(field: Field, words: typeof en): string | undefined {
  if (field.required) return undefined;
  return field.secret ? words.kept : words.optional;
}

function takes(field: Field, words: typeof en): string | undefined {
  switch (field.type) {
    case "number":
    case "integer":
      return words[field.type] + range(field.minimum, field.maximum, words, "");
    case "string":
    case "text": {
      const length = range(field.minLength, field.maxLength, words, words.characters);
      return length === "" ? undefined : length.replace(/^[,，] ?/, "");
    }
    case "strings":
      return words.strings + range(field.minItems, field.maxItems, words, words.items);
    case "date":
      return words.date;
    case "date-time":
      return words.dateTime;
    case "json":
      return "JSON";
    case "boolean":
    case "enum":
    case "multi-enum":
      return undefined;
    default: {
      const never: never = field;
      return never;
    }
  }
}

function range(
  least: number | undefined,
  most: number | undefined,
  words: typeof en,
  unit: string,
): string {
  if (least === undefined && most === undefined) return "";
  const span =
    least === undefined
      ? words.most(String(most))
      : most === undefined
        ? words.least(String(least))
        : words.between(String(least), String(most));
  return `${words.comma}${span}${unit}`;
}

const en = {
  number: "a number, like 1.5",
  integer: "a whole number",
  strings: "one to a line",
  date: "2026-01-31",
  dateTime: "2026-01-31T09:30:00Z",
  between: (least: string, most: string) => `${least} to ${most}`,
  least: (least: string) => `at least ${least}`,
  most: (most: string) => `at most ${most}`,
  characters: " characters",
  items: " items",
  comma: ", ",
  optional: "may stay empty",
  kept: "leave empty to keep it as it is",
};

const zh: typeof en = {
  number: "数字，例如 1.5",
  integer: "整数",
  strings: "每行一项",
  date: "2026-01-31",
  dateTime: "2026-01-31T09:30:00Z",
  between: (least, most) => `${least} 至 ${most}`,
  least: (least) => `至少 ${least}`,
  most: (most) => `最多 ${most}`,
  characters: " 个字符",
  items: " 项",
  comma: "，",
  optional: "可留空",
  kept: "留空则保持不变",
};
