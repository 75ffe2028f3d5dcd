import { type ASTNode, Environment, EvaluationError } from "@marcbachmann/cel-js";
import { messageOf } from "../errors.ts";
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

/** Refuses what could take long, or give a number that is none, whatever the arguments are. */
function refuseUnbounded(node: ASTNode, overList: boolean): void {
  const called = node.op === "call" || node.op === "rcall" ? node.args[0] : undefined;
  if (called !== undefined && !FUNCTIONS.has(called))
    throw new ConditionError(
      `uses ${called}(), which conditions can't: ${[...FUNCTIONS].join(", ")}`,
    );
  const goesOver = called !== undefined && OVER_LISTS.has(called);
  if (goesOver && overList)
    throw new ConditionError(`uses ${called}() within another walk of a list`);
  // 0/0 is no number, and every comparison with it false: a model could choose both.
  if (node.op === "/" && node.args[1].op !== "value")
    throw new ConditionError(
      "divides by what is no literal number; multiply the other side instead",
    );
  for (const child of nodesIn(node.args)) refuseUnbounded(child, overList || goesOver);
}

function nodesIn(args: unknown): ASTNode[] {
  if (Array.isArray(args)) return args.flatMap(nodesIn);
  return typeof args === "object" && args !== null && "op" in args ? [args as ASTNode] : [];
}

function valuesIn(value: unknown): number {
  if (typeof value !== "object" || value === null) return 1;
  return Object.values(value).reduce((sum: number, one) => sum + valuesIn(one), 1);
}

/** What the evaluation of a condition threw, in few words. */
export function conditionFault(error: unknown): string {
  if (error instanceof EvaluationError) return error.summary;
  return messageOf(error);
}
