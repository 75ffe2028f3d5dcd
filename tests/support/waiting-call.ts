import type { Sql } from "#db/client.ts";
import { acquireLease } from "#db/queries/leases.ts";
import type { Approval } from "#db/schema/approvals.ts";
import type { DecideDeps } from "#src/approvals/decide.ts";
import { requestApproval } from "#src/approvals/request.ts";
import type { Rule } from "#src/approvals/rule.ts";
import { seal } from "#src/approvals/seal.ts";
import type { Tier } from "#src/events.ts";
import { compileCheck } from "#src/forms/check-args.ts";
import { newId } from "#src/ids.ts";

/** The rule that a built-in `ask` is made with. */
export const ASK: Rule = {
  name: "test",
  approvers: ["requester"],
  groups: {},
  quorum: 1,
  excludeRequester: false,
  allowed: ["accept", "edit", "respond", "reject"],
  oneRejectionEnds: true,
  ladder: [],
  expiresInMs: 86_400_000,
  askIn: "place",
  grants: true,
};

export const REFUND_SCHEMA = {
  type: "object",
  properties: { amount: { type: "number", minimum: 0 }, to: { type: "string" } },
  required: ["amount"],
  additionalProperties: false,
};

export type WaitingCall = {
  rule?: Partial<Rule>;
  args?: Record<string, unknown>;
  tool?: string;
  tier?: Tier;
  requester?: string;
  /** As the gate of a run that executes asks; the run then waits. */
  now?: Date;
  session?: { id: string; place: string };
};

/** A run that waits for one approval, as a worker leaves it: rows only, no worker. */
export async function waitingCall(sql: Sql, call: WaitingCall = {}): Promise<Approval> {
  const {
    args = { amount: 10 },
    tool = "refund",
    tier = "ask",
    requester = "api:local%2Fada",
  } = call;
  const session = call.session ?? { id: newId("session"), place: `api:${newId("session")}` };
  const runId = newId("run");
  await sql`insert into sessions (id, place, owner) values (${session.id}, ${session.place}, ${requester}) on conflict do nothing`;
  await sql`insert into runs (id, session_id, requester, input, language, status, attempt)
    values (${runId}, ${session.id}, ${requester}, 'x', 'en', 'waiting', 1)`;
  const fence = await acquireLease(sql, runId, "test", 60_000);
  return sql.begin((tx) =>
    requestApproval(
      tx,
      {
        id: newId("approval"),
        runId,
        sessionId: session.id,
        kind: "tool_call",
        callKey: "msg/call",
        callId: "call",
        tool,
        toolVersion: "v1",
        tier,
        parameters: REFUND_SCHEMA,
        sealed: seal(tool, "v1", args),
        requester,
        place: session.place,
        taint: [],
        preview: null,
        reason: "test",
        about: { source: "own", tool_tier: tier, destructive: false },
        rule: { ...ASK, ...call.rule },
      },
      call.now ?? new Date(),
      { name: runId, fence: fence ?? 0 },
    ),
  );
}

/** What `decide` needs, with a clock that the test sets. */
export function decideDeps(sql: Sql, clock: () => Date = () => new Date()): DecideDeps {
  return {
    sql,
    clock,
    directoryOf: () => undefined,
    checkArgs: (schema, args) => compileCheck(schema)(args),
  };
}
