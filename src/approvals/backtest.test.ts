import assert from "node:assert/strict";
import { test } from "node:test";
import type { PastRequest } from "#db/queries/past-requests.ts";
import { policySchema } from "../policy-schema.ts";
import { emptyBacktest, replay } from "./backtest.ts";
import { backtestWords } from "./backtest-words.ts";
import { compilePolicy } from "./compile-policy.ts";

const request: PastRequest = {
  id: "apr_1",
  tool: "search",
  source: "mcp:tickets",
  toolTier: "ask",
  destructive: false,
  tier: "guarded",
  args: '{"text":"login"}',
  requester: "slack:T1:U1",
  place: "slack:T1:C1:1.1",
  taint: [],
  status: "accepted",
  requestedAt: new Date("2026-03-02T12:00:00Z"),
};
const policy = compilePolicy(
  policySchema.parse({
    rules: [
      { name: "search", match: { tool: "tickets__search", tier: "ask" }, effect: "run" },
      { name: "guarded", match: { tier: "guarded" }, approvers: ["members"] },
    ],
  }),
);

function replayed(...requests: Partial<PastRequest>[]) {
  const sum = emptyBacktest();
  for (const one of requests) replay(policy, { ...request, ...one }, sum);
  return sum;
}

test("replay rules by the tool's own tier and server, not by what an earlier policy made of it", () => {
  assert.equal(replayed({}).ran, 1);
  assert.equal(replayed({ destructive: true }).asked, 1);
  assert.equal(replayed({ source: "mcp:other" }).denied, 1);
});

test("replay takes the tier that a call was treated as where its own was not written down", () => {
  const { asked, whom } = replayed({ toolTier: null, source: null, destructive: null });
  assert.equal(asked, 1);
  assert.deepEqual([...whom], [["members", 1]]);
});

test("replay counts what people did and the policy would not have", () => {
  const sum = replayed(
    { status: "rejected" },
    { status: "edited" },
    { status: "responded", taint: ["web"] },
    { status: "accepted", source: "mcp:other" },
    { status: "expired" },
  );
  assert.partialDeepStrictEqual(sum, {
    past: 5,
    asked: 1,
    ran: 3,
    denied: 1,
    rejections: 1,
    missed: [{ id: "apr_1", tool: "search", ruleName: "search" }],
    corrections: 2,
    missedCorrections: 1,
    deniedAccepted: 1,
  });
});

test("backtestWords says where there is nothing to compare with, and what was erased", () => {
  const more = { erased: 2, quickMs: 3_000 };
  assert.deepEqual(backtestWords(emptyBacktest(), [], more), [
    "Nothing was asked about yet, so there is nothing to compare with.",
  ]);
  assert.match(
    backtestWords(replayed({}), [], more)[0] ?? "",
    /^1 request from 2026-03-02 to 2026-03-02; 2 more were erased and can't be replayed\.$/,
  );
});
