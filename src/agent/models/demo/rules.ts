import { askWhichHotel } from "./book.ts";
import { calls } from "./calls.ts";
import { help } from "./help.ts";
import { recall, remember } from "./memory.ts";
import { results } from "./results.ts";
import { steps } from "./steps.ts";
import { aboutItself, saidBefore, waiting } from "./talk.ts";
import type { Reply, Turn } from "./turn.ts";

export type RuleOptions = { stepDelayMs: number };

/** The whole of what the demo model knows: the first rule that has an answer gives it. */
const RULES: ((turn: Turn, options: RuleOptions) => Reply | undefined)[] = [
  (turn, { stepDelayMs }) => steps(turn, stepDelayMs),
  results,
  recall,
  remember,
  saidBefore,
  waiting,
  calls,
  askWhichHotel,
  aboutItself,
];

export function reply(turn: Turn, options: RuleOptions): Reply {
  for (const rule of RULES) {
    const answer = rule(turn, options);
    if (answer) return answer;
  }
  return help(turn);
}
