import { setTimeout as sleep } from "node:timers/promises";
import type { Query } from "#db/client.ts";
import { isAway } from "#db/is-away.ts";
import type { Held } from "#db/queries/append-events.ts";
import { writeAudit } from "#db/queries/audit.ts";
import type { Approval } from "#db/schema/approvals.ts";
import type { Call, Ledger } from "../agent/context.ts";
import { requestApproval } from "../approvals/request.ts";
import type { Rule } from "../approvals/rule.ts";
import { seal, toolVersion } from "../approvals/seal.ts";
import { LeaseLostError } from "../errors.ts";
import type { Actor, Language } from "../events.ts";
import { newId } from "../ids.ts";
import type { Core } from "./core.ts";
import type { Journal } from "./journal.ts";

export type LedgerRun = {
  runId: string;
  sessionId: string;
  requester: Actor;
  place: string;
  language: Language;
  attempt: number;
  held: Held;
  journal: Journal;
  /** Aborts when the run is to end: nothing is tried again after that. */
  signal: AbortSignal;
};

type Entry = {
  state: "started" | "done" | "failed" | "outcome_unknown";
  attempt: number;
  result: string | null;
};

/** A call that nobody was asked about: the requester says what became of it; there is nothing to edit. */
const RULE: Rule = {
  name: "built-in: outcome unknown",
  approvers: ["requester"],
  groups: {},
  quorum: 1,
  excludeRequester: false,
  allowed: ["accept", "respond", "reject"],
  oneRejectionEnds: true,
  ladder: [],
  expiresInMs: 86_400_000,
  askIn: "place",
  grants: false,
};
const REASON = {
  en: "This call was started and nobody knows whether it took effect. Accept runs it again with the same idempotency key; respond says what happened; reject leaves it as it is.",
  zh: "该调用已经开始，但不知道是否生效。接受：用同一幂等键再执行一次；反馈：说明实际结果；拒绝：不再执行。",
} as const;
const LEFT = {
  en: "It is not known whether this call took effect, and it was not run again.",
  zh: "不知道该调用是否生效，没有再次执行。",
} as const;

const RETRY_MS = 100;

/** Writes a call down before and after it runs. A call with no result is never run again unless a person says so. */
export function openLedger(core: Pick<Core, "sql" | "clock">, run: LedgerRun): Ledger {
  const { runId, held } = run;
  const holding = (tx: Query) =>
    tx`select 1 from leases where name = ${held.name} and fence = ${held.fence} for share`;

  async function insert(call: Call): Promise<boolean> {
    const digest = digestOf(call);
    return core.sql.begin(async (tx) => {
      const [row] = await tx<{ added: boolean; held: boolean }[]>`
        with held as (${holding(tx)}),
          added as (insert into tool_calls (run_id, call_key, tool, digest, state, attempt)
            select ${runId}, ${call.key}, ${call.tool.name}, ${digest}, 'started', ${run.attempt} from held
            on conflict do nothing returning 1)
        select exists (select from added) as added, exists (select from held) as held`;
      if (!row?.held) throw lost(runId);
      if (row.added) await note(tx, call, "call.started");
      return row.added;
    });
  }

  function note(tx: Query, call: Call, action: string): Promise<void> {
    const detail = { tool: call.tool.name, call: call.key, attempt: run.attempt };
    return writeAudit(tx, { action, actor: run.requester, runId, digest: digestOf(call), detail });
  }

  async function askWhatHappened(call: Call, tx: Query): Promise<Approval> {
    const version = toolVersion(call.tool);
    const [consented] = await tx<Approval[]>`
      select * from approvals where run_id = ${runId} and call_key = ${call.key} and kind = 'tool_call'`;
    return requestApproval(
      tx,
      {
        id: newId("approval"),
        runId,
        sessionId: run.sessionId,
        kind: "outcome_unknown",
        callKey: call.key,
        callId: call.id,
        tool: call.tool.name,
        toolVersion: version,
        tier: consented?.tier ?? call.tool.tier,
        parameters: call.tool.parameters,
        sealed: seal(call.tool.name, version, call.args),
        requester: run.requester,
        place: run.place,
        taint: call.taint,
        preview: null,
        reason: REASON[run.language],
        about: {
          source: call.tool.source,
          tool_tier: call.tool.tier,
          destructive: call.tool.destructive ?? false,
        },
        rule: consented ? unknownRule(consented) : RULE,
      },
      core.clock(),
      held,
    );
  }

  async function restart(call: Call, from: "started" | "outcome_unknown"): Promise<void> {
    await core.sql.begin(async (tx) => {
      const moved = await tx`
        with held as (${holding(tx)})
        update tool_calls set state = 'started', attempt = ${run.attempt}, starts = starts + 1, started_at = now()
        where run_id = ${runId} and call_key = ${call.key} and state = ${from} and exists (select from held)`;
      if (moved.count === 0) throw lost(runId);
      await note(tx, call, "call.restarted");
    });
  }

  /** Tried again for as long as the run is held: a result that is known must not become one that nobody knows. */
  async function record(call: Call, state: "done" | "failed", result: string): Promise<void> {
    for (;;) {
      try {
        return await recordOnce(call, state, result);
      } catch (error) {
        if (!isAway(error) || run.signal.aborted) throw error;
        await sleep(RETRY_MS);
      }
    }
  }

  function recordOnce(call: Call, state: "done" | "failed", result: string): Promise<void> {
    return core.sql.begin(async (tx) => {
      const moved = await tx`
        with held as (${holding(tx)})
        update tool_calls set state = ${state}, result = ${result}, finished_at = now()
        where run_id = ${runId} and call_key = ${call.key} and exists (select from held)
          and (state in ('started', 'outcome_unknown') or (state = ${state} and result = ${result}))`;
      if (moved.count === 0) throw lost(runId);
      await note(tx, call, `call.${state}`);
    });
  }

  async function leave(call: Call): Promise<{ kind: "done"; ok: false; result: string }> {
    const result = `[error] ${LEFT[run.language]}`;
    await record(call, "failed", result);
    return { kind: "done", ok: false, result };
  }

  const ledger: Ledger = {
    async begin(call) {
      if (await insert(call)) return { kind: "start" };
      const [entry] = await core.sql<Entry[]>`
        select state, attempt, result from tool_calls where run_id = ${runId} and call_key = ${call.key}`;
      if (!entry) throw lost(runId);
      if (entry.state === "done" || entry.state === "failed")
        return { kind: "done", ok: entry.state === "done", result: entry.result ?? "" };
      if (entry.state === "started" && call.tool.idempotent) {
        await restart(call, "started");
        return { kind: "start" };
      }
      if (entry.state === "started") await ledger.lose(call);
      const [approval] = await core.sql<Approval[]>`
        select * from approvals where run_id = ${runId} and call_key = ${call.key} and kind = 'outcome_unknown'
        order by requested_at desc, id desc limit 1`;
      if (!approval)
        throw new Error(`Nobody was asked about the outcome of ${call.key} in ${runId}`);
      switch (approval.status) {
        case "pending":
          return { kind: "ask", approvalId: approval.id };
        case "accepted":
          if (approval.digest !== digestOf(call)) return leave(call);
          await restart(call, "outcome_unknown");
          return { kind: "start" };
        case "responded": {
          const result = `[answered] ${approval.note ?? ""}`;
          await record(call, "done", result);
          return { kind: "done", ok: true, result };
        }
        default:
          return leave(call);
      }
    },
    finish: (call, result) => record(call, result.ok ? "done" : "failed", result.text),
    async lose(call) {
      await run.journal.flush();
      await core.sql.begin(async (tx) => {
        const moved = await tx`
          with held as (${holding(tx)})
          update tool_calls set state = 'outcome_unknown'
          where run_id = ${runId} and call_key = ${call.key} and state = 'started' and exists (select from held)`;
        if (moved.count === 0) throw lost(runId);
        await askWhatHappened(call, tx);
        await note(tx, call, "call.outcome_unknown");
      });
    },
  };
  return ledger;
}

/** To run it again takes who had to consent the first time. */
function unknownRule({ rule }: Approval): Rule {
  const { name, allowed, grants } = RULE;
  return { ...(rule as Rule), name, allowed, grants };
}

function digestOf(call: Call): string {
  return seal(call.tool.name, toolVersion(call.tool), call.args).digest;
}

function lost(runId: string): LeaseLostError {
  return new LeaseLostError(
    `Cannot write to the ledger of ${runId}: another worker has taken over`,
  );
}
