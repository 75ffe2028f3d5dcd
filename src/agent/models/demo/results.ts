import type { Language } from "../../../events.ts";
import { BOOK } from "./book.ts";
import { feedback } from "./feedback.ts";
import { MULTIPLY } from "./multiply.ts";
import { type Outcome, readOutcome } from "./outcome.ts";
import { type Answered, type Call, inWords, type Reply, type Turn } from "./turn.ts";

/** Tells the person what became of each call; feedback may lead to new calls. */
export function results(turn: Turn): Reply | undefined {
  if (turn.answered.length === 0) return undefined;
  const replies = turn.answered.map((answered) => replyTo(turn, answered));
  return {
    text: replies.flatMap(({ text }) => text || []).join("\n"),
    calls: replies.flatMap(({ calls }) => calls ?? []),
  };
}

function replyTo(turn: Turn, { call, content }: Answered): Reply {
  const outcome = readOutcome(content);
  switch (outcome.kind) {
    case "done":
      return { text: tellResult(turn, call.name, outcome) };
    case "answered":
      return feedback(turn, call, outcome.words);
    case "rejected":
    case "expired":
    case "withdrawn":
    case "error":
      return { text: tellFailure(turn, call, outcome.kind, outcome.words) };
    default: {
      const never: never = outcome.kind;
      return never;
    }
  }
}

/** The tool's own words; where they are known Chinese ones and the person wrote English, the same in English. */
function tellResult(turn: Turn, tool: string, { words, edited }: Outcome): string {
  const result = turn.language === "en" ? inEnglish(tool, words) : words;
  if (!edited) return result;
  const args = JSON.stringify(edited);
  return inWords(turn, {
    zh: `${result}（参数已改为 ${args}）`,
    en: `${result} (The arguments were changed to ${args}.)`,
  });
}

function inEnglish(tool: string, words: string): string {
  if (tool === BOOK) return words.replace(/^成功预定了在(.+)的住宿。$/u, "Booked a stay at $1.");
  if (tool === MULTIPLY) return words.replace(/^(.+)乘以(.+)等于(.+)。$/u, "$1 times $2 is $3.");
  return words;
}

type Failure = Exclude<Outcome["kind"], "done" | "answered">;

const FAILURES: Record<Failure, Record<Language, string>> = {
  rejected: { zh: "被拒绝了，没有执行", en: "was rejected and did not run" },
  expired: { zh: "在期限内无人答复，没有执行", en: "was not answered in time and did not run" },
  withdrawn: { zh: "已被撤回，没有执行", en: "was withdrawn and did not run" },
  error: { zh: "失败了", en: "failed" },
};

function tellFailure(turn: Turn, call: Call, failure: Failure, words: string): string {
  const booking = call.name === BOOK;
  const what = booking
    ? inWords(turn, {
        zh: `预定${call.args.hotel_name}的请求`,
        en: `The booking of ${call.args.hotel_name}`,
      })
    : inWords(turn, { zh: `工具 ${call.name} 的调用`, en: `The call of ${call.name}` });
  const nothing =
    booking && failure !== "error"
      ? inWords(turn, { zh: "，没有预定任何酒店", en: ": nothing was booked" })
      : "";
  const why = words && inWords(turn, { zh: `（${words}）`, en: ` (${words})` });
  const end = inWords(turn, { zh: "。", en: "." });
  const joint = turn.language === "en" ? " " : "";
  return `${what}${joint}${inWords(turn, FAILURES[failure])}${nothing}${why}${end}`;
}
