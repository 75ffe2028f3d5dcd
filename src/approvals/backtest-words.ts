import type { DecisionSpeed } from "#db/queries/decision-speed.ts";
import type { Backtest } from "./backtest.ts";

/** Calls that were missed are named, so many of them. */
const MOST_NAMED = 20;

/** A backtest for people to read, a line each. */
export function backtestWords(
  test: Backtest,
  speeds: DecisionSpeed[],
  more: { erased: number; quickMs: number },
): string[] {
  if (test.past === 0) return ["Nothing was asked about yet, so there is nothing to compare with."];
  const { asked, ran, denied, past, missed, rejections, corrections, deniedAccepted } = test;
  const whom = [...test.whom].sort(([, one], [, other]) => other - one);
  return [
    `${count(past, "request")} from ${dayOf(test.first)} to ${dayOf(test.last)}${erasedWords(more.erased)}.`,
    `It would have asked ${count(asked, "time")} instead of ${past}, and missed ${missedWords(missed.length, rejections, "rejection")}.`,
    `It would have run ${ran} unasked, and with that missed ${missedWords(test.missedCorrections, corrections, "correction")}.`,
    `It would have denied ${denied}, of which people had let ${deniedAccepted} run.`,
    ...(whom.length > 0
      ? [`Asked: ${whom.map(([who, times]) => `${who} ${times}`).join(", ")}.`]
      : []),
    ...missed
      .slice(0, MOST_NAMED)
      .map(({ id, tool, ruleName }) => `Missed: ${tool} (${id}), by the rule "${ruleName}".`),
    ...(missed.length > MOST_NAMED ? [`Missed: ${missed.length - MOST_NAMED} more.`] : []),
    ...speedWords(speeds, more.quickMs),
  ];
}

function missedWords(missed: number, all: number, what: string): string {
  return `${missed === 0 ? "none" : missed} of the ${count(all, what)}`;
}

/** Who decides faster than anybody can read does not decide. */
function speedWords(speeds: DecisionSpeed[], quickMs: number): string[] {
  const quick = speeds.filter((one) => one.quick > 0);
  const total = speeds.reduce((sum, one) => sum + one.decisions, 0);
  const title = `Decided in under ${quickMs / 1_000} seconds: ${quick.reduce((sum, one) => sum + one.quick, 0)} of ${total}.`;
  return [
    title,
    ...quick.map(({ actor, quick, decisions }) => `  ${actor}: ${quick} of ${decisions}`),
  ];
}

function erasedWords(erased: number): string {
  return erased === 0 ? "" : `; ${erased} more were erased and can't be replayed`;
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? "" : "s"}`;
}

function dayOf(date: Date | null): string {
  return date?.toISOString().slice(0, 10) ?? "";
}
