import { BOOK } from "./book.ts";
import { feedback } from "./feedback.ts";
import { MULTIPLY } from "./multiply.ts";
import { type Outcome, readOutcome } from "./outcome.ts";
import { type Answered, inWords, type Reply, type Turn } from "./turn.ts";

/** Tells the person what became of each call; feedback may lead to new calls. */
export function results(turn: Turn): Reply | undefined {
  if (turn.answered.length === 0) return undefined;
  const replies = turn.answered.map((answered): Reply => {
    const outcome = readOutcome(answered.content);
    return outcome.kind === "answered"
      ? feedback(turn, answered.call, outcome.words)
      : { text: tell(turn, answered, outcome) };
  });
  return {
    text: replies.flatMap(({ text }) => text || []).join("\n"),
    calls: replies.flatMap(({ calls }) => calls ?? []),
  };
}

function tell(turn: Turn, { call }: Answered, outcome: Outcome): string {
  if (outcome.kind === "done") return tellResult(turn, call.name, outcome);
  const what = subject(turn, call.name, call.args);
  const why = outcome.words
    ? inWords(turn, { zh: `：${outcome.words}`, en: `: ${outcome.words}` })
    : "";
  const end = inWords(turn, { zh: "。", en: "." });
  const told = {
    rejected: {
      zh: `${what}被拒绝了，没有执行，什么都没有${call.name === BOOK ? "预定" : "改变"}`,
      en: `${what} was rejected and did not run: nothing was ${call.name === BOOK ? "booked" : "done"}`,
    },
    expired: {
      zh: `没有人在期限内答复，${what}没有执行`,
      en: `Nobody answered in time: ${what} did not run`,
    },
    withdrawn: { zh: `${what}已撤回，没有执行`, en: `${what} was withdrawn and did not run` },
    error: { zh: `${what}失败了`, en: `${what} failed` },
  }[outcome.kind === "answered" ? "rejected" : outcome.kind];
  return `${inWords(turn, told)}${why.replace(/[。.]$/u, "")}${end}`;
}

/** The tool's own words; where they are the known Chinese ones and the person wrote English, the same in English. */
function tellResult(turn: Turn, tool: string, { words, edited }: Outcome): string {
  const note = edited
    ? inWords(turn, {
        zh: `（参数已改为 ${JSON.stringify(edited)}）`,
        en: ` (with the arguments changed to ${JSON.stringify(edited)})`,
      })
    : "";
  return `${turn.language === "en" ? inEnglish(tool, words) : words}${note}`;
}

function inEnglish(tool: string, words: string): string {
  if (tool === BOOK) return words.replace(/^成功预定了在(.+)的住宿。$/u, "Booked a stay at $1.");
  if (tool === MULTIPLY) return words.replace(/^(.+)乘以(.+)等于(.+)。$/u, "$1 times $2 is $3.");
  return words;
}

function subject(turn: Turn, tool: string, args: Record<string, unknown>): string {
  if (tool === BOOK)
    return inWords(turn, { zh: `预定${args.hotel_name}`, en: `Booking ${args.hotel_name}` });
  return inWords(turn, { zh: `工具 ${tool} 的调用`, en: `The call of ${tool}` });
}
