import type { Query } from "#db/client.ts";
import { type DecisionSpeed, decisionSpeed } from "#db/queries/decision-speed.ts";
import { erasedRequests, pastRequests } from "#db/queries/past-requests.ts";
import { type Backtest, emptyBacktest, replay } from "./backtest.ts";
import type { CompiledPolicy } from "./compile-policy.ts";

/** A decision that is faster than this was hardly read. */
export const QUICK_MS = 3_000;

export type PastCompared = { test: Backtest; speeds: DecisionSpeed[]; erased: number };

/** Puts everything that was ever asked about before a policy. Reads only. */
export async function runBacktest(
  sql: Query,
  policy: CompiledPolicy | undefined,
): Promise<PastCompared> {
  const test = emptyBacktest();
  for await (const page of pastRequests(sql))
    for (const request of page) replay(policy, request, test);
  return { test, speeds: await decisionSpeed(sql, QUICK_MS), erased: await erasedRequests(sql) };
}
