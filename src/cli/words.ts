import type { Language } from "../events.ts";
import { en, type Words } from "./words-en.ts";
import { zh } from "./words-zh.ts";

export type { Words };

export function wordsFor(language: Language): Words {
  return language === "zh" ? zh : en;
}

/** A moment as people read it, in the machine's time zone: "24 Nov 2026, 09:12". */
export function timeWords(words: Words, time: string): string {
  const moment = new Date(time);
  if (Number.isNaN(moment.getTime())) return time;
  return moment.toLocaleString(words.locale, { dateStyle: "medium", timeStyle: "short" });
}
