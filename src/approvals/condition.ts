import { type ASTNode, Environment, type ParseError, parse } from "@marcbachmann/cel-js";
import type { Actor, Place, Tier } from "../events.ts";

/** What an expression may look at. */
export type Facts = {
  args: Record<string, unknown>;
  tool: string;
  tier: Tier;
  requester: Actor;
  place: Place;
  tainted: boolean;
  taint: string[];
  at: Date;
};

/** A CEL expression, parsed and checked once. `holds` throws where it can't be evaluated or gives no boolean. */
export type Condition = { text: string; holds(facts: Facts): boolean };

/** An expression that is no condition; the message says why, without quoting the rest of it. */
export class ConditionError extends Error {
  override readonly name = "ConditionError";
}

const LIMITS = {
  maxAstNodes: 200,
  maxDepth: 20,
  maxListElements: 100,
  maxMapEntries: 20,
  maxCallArguments: 4,
};

/** Arguments come from a model: with more values than this a condition is not evaluated, and the call denied. */
const MOST_VALUES = 2_000;

const OVER_LISTS = new Set(["all", "exists", "exists_one", "filter"]);

/**
 * The functions that there are. Not `matches`: a regular expression can take for ever on a text that a model chose.
 * Not `double`: `double("NaN")` compares false with everything. Not `map`, `join`, `split`: they make much of little.
 */
const FUNCTIONS = new Set(
  `has size int string type timestamp duration dyn startsWith endsWith contains lowerAscii upperAscii trim indexOf
  lastIndexOf substring getFullYear getMonth getDate getDayOfMonth getDayOfWeek getDayOfYear getHours getMinutes
  getSeconds getMilliseconds`
    .split(/\s+/)
    .concat(...OVER_LISTS),
);

const environment = withMixedNumbers(
  new Environment({ homogeneousAggregateLiterals: false, limits: LIMITS })
    .registerVariable("args", "map")
    .registerVariable("tool", "string")
    .registerVariable("tier", "string")
    .registerVariable("requester", "string")
    .registerVariable("place", "string")
    .registerVariable("tainted", "bool")
    .registerVariable("taint", "list<string>")
    .registerVariable("at", "google.protobuf.Timestamp"),
);

/**
 * CEL compares 500 with 500.0 but does not add them. Numbers of JSON are doubles and those that people write are
 * ints, so both are taken together, as doubles.
 */
function withMixedNumbers(env: Environment): Environment {
  const sums: [string, (a: number, b: number) => number][] = [
    ["+", (a, b) => a + b],
    ["-", (a, b) => a - b],
    ["*", (a, b) => a * b],
    ["/", (a, b) => a / b],
  ];
  for (const [sign, of] of sums)
    for (const types of [`double ${sign} int`, `int ${sign} double`])
      env.registerOperator(`${types}: double`, (a, b) => of(Number(a), Number(b)));
  return env;
}

/** Parses and checks an expression. Throws ConditionError. */
export function compileCondition(text: string): Condition {
  const checked = environment.check(text);
  if (!checked.valid) throw new ConditionError(checked.error?.summary ?? "can't be read");
  if (checked.type !== "bool" && checked.type !== "dyn")
    throw new ConditionError(`gives a value of type ${checked.type}, not true or false`);
  const evaluate = environment.parse(text);
  refuseUnbounded(evaluate.ast, false);
  return {
    text,
    holds(facts) {
      if (valuesIn(facts.args) > MOST_VALUES)
        throw new Error(`the arguments hold more than ${MOST_VALUES} values`);
      const value: unknown = evaluate(facts);
      if (typeof value !== "boolean") throw new Error("it gives neither true nor false");
      return value;
    },
  };
}

/** What an evaluation threw, in few words. */
export function faultOf(error: unknown): string {
  const { summary, message } = error as ParseError;
  return summary ?? message ?? String(error);
}
