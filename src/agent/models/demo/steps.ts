import { MULTIPLY } from "./multiply.ts";
import { readOutcome } from "./outcome.ts";
import { inWords, isBound, type Reply, type Turn } from "./turn.ts";

const STEPS =
  /\b(?:run|take|do)\s+(?<en>\d{1,4})\s+steps?\b|(?:走|跑|执行|运行)(?<zh>\d{1,4})\s*步/iu;
const PAUSE = /(?<n>\d{1,5})\s*(?:ms|milliseconds?|毫秒)/iu;

/**
 * A long run: `run 30 steps` calls `multiply` thirty times, one after another.
 * `run 30 steps, 200 ms each` (`走30步，每步200毫秒`) waits before each; else `pauseMs`.
 */
export function steps(turn: Turn, pauseMs: number): Reply | undefined {
  const { en, zh } = STEPS.exec(turn.said)?.groups ?? {};
  const total = Number(en ?? zh ?? 0);
  const failed = turn.answered.some(({ content }) => readOutcome(content).kind !== "done");
  if (total === 0 || failed || !isBound(turn, MULTIPLY)) return undefined;
  const done = turn.answeredBefore(MULTIPLY);
  if (done >= total)
    return { text: inWords(turn, { zh: `${total}步都走完了。`, en: `All ${total} steps done.` }) };
  const step = done + 1;
  return {
    text: inWords(turn, { zh: `第${step}步，共${total}步。`, en: `Step ${step} of ${total}.` }),
    calls: [{ name: MULTIPLY, args: { a: step, b: total } }],
    delayMs: Number(PAUSE.exec(turn.said)?.groups?.n ?? pauseMs),
  };
}
