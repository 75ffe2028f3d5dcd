import type { Language } from "../../src/events.ts";
import type { Check, CheckContext, Finding } from "./check.ts";

const STATES: Record<Language, Record<Finding["state"], string>> = {
  en: { ok: "ok     ", off: "off    ", warning: "warning", failed: "failed " },
  zh: { ok: "正常  ", off: "未启用", warning: "警告  ", failed: "失败  " },
};

const WORDS = {
  en: {
    sum: (failed: number, warnings: number) =>
      `${failed} failed, ${warnings} ${warnings === 1 ? "warning" : "warnings"}.`,
    failed: (why: string) => `could not be checked: ${why}`,
  },
  zh: {
    sum: (failed: number, warnings: number) => `${failed} 项失败，${warnings} 项警告。`,
    failed: (why: string) => `无法检查：${why}`,
  },
} as const;

/**
 * Runs the checks one after another, writes a line per finding and a sum, and gives the number of failures.
 * What a check rejects with is a failure. Everything that is written goes through `hide`.
 */
export async function report(
  checks: Check[],
  context: CheckContext,
  write: (line: string) => void,
  hide: (text: string) => string,
): Promise<number> {
  const { LANGUAGE } = context.config;
  const words = WORDS[LANGUAGE];
  const count = { ok: 0, off: 0, warning: 0, failed: 0 };
  for (const check of checks) {
    const findings = await check
      .run(context)
      .catch((error): Finding[] => [{ state: "failed", text: words.failed(String(error)) }]);
    for (const finding of findings) {
      count[finding.state] += 1;
      for (const line of linesOf(check.name[LANGUAGE], finding, LANGUAGE)) write(hide(line));
    }
  }
  write("");
  write(words.sum(count.failed, count.warning));
  return count.failed;
}

/** A finding and, beneath it, what to do about it. */
export function linesOf(name: string, { state, text, fix }: Finding, language: Language): string[] {
  const colon = language === "zh" ? "：" : ": ";
  const indented = text.split("\n").join("\n           ");
  const first = `${STATES[language][state]}  ${name}${colon}${indented}`;
  return fix === undefined ? [first] : [first, `         → ${fix}`];
}
