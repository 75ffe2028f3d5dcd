import type { ErrorObject } from "ajv";
import type { FieldError } from "../adapter.ts";
import type { Language } from "../events.ts";
import { listed } from "./fault-words.ts";
import { pointer } from "./pointer.ts";

/** What ajv found wrong, at its JSON pointer and in plain words. */
export function schemaFault(error: ErrorObject, language: Language): FieldError {
  const { keyword, instancePath, params } = error;
  const words = language === "zh" ? zh : en;
  const below = (name: unknown) => instancePath + pointer([String(name)]);
  switch (keyword) {
    case "required":
      return { path: below(params.missingProperty), message: words.missing };
    case "additionalProperties":
      return { path: below(params.additionalProperty), message: words.unknown };
    case "unevaluatedProperties":
      return { path: below(params.unevaluatedProperty), message: words.unknown };
    default:
      return { path: instancePath, message: messageOf(error, language) };
  }
}

function messageOf({ keyword, params, message }: ErrorObject, language: Language): string {
  const words = language === "zh" ? zh : en;
  const json = (value: unknown) => JSON.stringify(value);
  switch (keyword) {
    case "type":
      return words.type([params.type].flat());
    case "enum":
      return words.option(listed(params.allowedValues.map(json), language));
    case "const":
      return words.constant(json(params.allowedValue));
    case "format":
      return words.format(params.format);
    case "pattern":
      return words.pattern(params.pattern);
    case "minimum":
    case "maximum":
    case "exclusiveMinimum":
    case "exclusiveMaximum":
      return words.compared(params.comparison, params.limit);
    case "multipleOf":
      return words.multiple(params.multipleOf);
    case "minLength":
      return words.longer(params.limit);
    case "maxLength":
      return words.shorter(params.limit);
    case "minItems":
      return words.moreItems(params.limit);
    case "maxItems":
      return words.fewerItems(params.limit);
    case "uniqueItems":
      return words.distinct(params.j + 1, params.i + 1);
    case "anyOf":
    case "oneOf":
      return words.fits;
    default:
      return words.other(keyword, message);
  }
}

const en = {
  missing: "is missing",
  unknown: "is not one of its arguments",
  type: (types: string[]) => `should be ${types.join(" or ")}`,
  option: (options: string) => `should be one of ${options}`,
  constant: (value: string) => `should be ${value}`,
  format: (format: string) => `should be written as ${format}`,
  pattern: (pattern: string) => `should match the pattern ${pattern}`,
  compared: (comparison: string, limit: number) => `should be ${comparison} ${limit}`,
  multiple: (of: number) => `should be a multiple of ${of}`,
  longer: (limit: number) => `should have at least ${limit} characters`,
  shorter: (limit: number) => `should have at most ${limit} characters`,
  moreItems: (limit: number) => `should have at least ${limit} items`,
  fewerItems: (limit: number) => `should have at most ${limit} items`,
  distinct: (one: number, other: number) =>
    `has the same item twice, as no. ${one} and no. ${other}`,
  fits: "should be of one of the kinds that are allowed here",
  other: (keyword: string, message: string | undefined) =>
    (message ?? `fails "${keyword}"`).replace(/^must /, "should "),
};

const zh: typeof en = {
  missing: "缺失",
  unknown: "不是该工具的参数",
  type: (types) => `类型应为 ${types.join(" 或 ")}`,
  option: (options) => `应为以下之一：${options}`,
  constant: (value) => `应为 ${value}`,
  format: (format) => `应符合 ${format} 格式`,
  pattern: (pattern) => `应匹配模式 ${pattern}`,
  compared: (comparison, limit) => `应 ${comparison} ${limit}`,
  multiple: (of) => `应为 ${of} 的倍数`,
  longer: (limit) => `至少应有 ${limit} 个字符`,
  shorter: (limit) => `最多 ${limit} 个字符`,
  moreItems: (limit) => `至少应有 ${limit} 项`,
  fewerItems: (limit) => `最多 ${limit} 项`,
  distinct: (one, other) => `第 ${one} 项与第 ${other} 项重复`,
  fits: "不属于此处允许的任何一种形式",
  other: (keyword) => `不满足“${keyword}”`,
};
