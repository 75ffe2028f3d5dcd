import type { Language } from "../events.ts";

const en = {
  required: "is needed",
  text: "should be text",
  yesNo: "should be yes or no",
  comma:
    'should be written with a decimal point and no separators, like 1.5 or 1500: "1,5" can mean either',
  number: "should be a number in plain digits, like 1.5",
  integer: "should be a whole number",
  inexact: "has more digits than can be kept exactly",
  date: "should be a date that exists, like 2026-01-31",
  dateTime: "should be a time with its zone, like 2026-01-31T09:30:00Z",
  lines: "should be a list of texts, one to a line",
  list: "should be a list",
  option: (options: string) => `should be one of ${options}`,
  more: (count: number) => `and ${count} more`,
  json: "is no valid JSON",
  twice: "names a property twice in one object",
  object: 'should be a JSON object, like {"name": "value"}',
  notObject: "should be an object",
  slow: "could not be checked in time",
  unknownField: (path: string) => `This form has no field "${path}"`,
  item: (number: number) => `no. ${number}`,
  at: (path: string) => `at ${path}`,
};

const zh: typeof en = {
  required: "必须填写",
  text: "应为文本",
  yesNo: "应为是或否",
  comma: "请使用小数点、不加分隔符，例如 1.5 或 1500：“1,5”可能有两种含义",
  number: "应为普通数字，例如 1.5",
  integer: "应为整数",
  inexact: "位数过多，无法精确保存",
  date: "应为真实存在的日期，例如 2026-01-31",
  dateTime: "应为带时区的时间，例如 2026-01-31T09:30:00Z",
  lines: "应为文本列表，每行一项",
  list: "应为列表",
  option: (options) => `应为以下之一：${options}`,
  more: (count) => `另有 ${count} 项`,
  json: "不是有效的 JSON",
  twice: "同一对象中有重复的属性名",
  object: '应为 JSON 对象，例如 {"name": "value"}',
  notObject: "应为对象",
  slow: "未能在规定时间内完成检查",
  unknownField: (path) => `此表单没有字段“${path}”`,
  item: (number) => `第 ${number} 项`,
  at: (path) => `位于 ${path}`,
};

/** What can be wrong with what a person typed, as a part of a sentence that begins with the field's label. */
export function faultWords(language: Language): typeof en {
  return language === "zh" ? zh : en;
}

/** The first ten of a list, and how many more there are. */
export function listed(items: string[], language: Language): string {
  const shown = items.slice(0, 10);
  const more = items.length - shown.length;
  return [...shown, ...(more > 0 ? [faultWords(language).more(more)] : [])].join(
    language === "zh" ? "、" : ", ",
  );
}
