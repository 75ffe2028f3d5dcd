import { appendEvents, type Held } from "#db/queries/append-events.ts";
import { writeAudit } from "#db/queries/audit.ts";
import type { Approval } from "#db/schema/approvals.ts";
import type { Call, Gate, Ruling } from "../agent/context.ts";
import type { Tool } from "../agent/tool.ts";
import { answerFor } from "../approvals/answer-for.ts";
import { useGrant } from "../approvals/grants.ts";
import { requestApproval } from "../approvals/request.ts";
import { rule } from "../approvals/rule-for.ts";
import { type Sealed, seal, toolVersion, unseal } from "../approvals/seal.ts";
import { messageOf } from "../errors.ts";
import type { Actor, Language } from "../events.ts";
import { newId } from "../ids.ts";
import type { Core } from "./core.ts";
import type { Journal } from "./journal.ts";

export type GateRun = {
  runId: string;
  sessionId: string;
  place: string;
  requester: Actor;
  language: Language;
  /** Untrusted sources in what the session remembers. */
  taint: string[];
  held: Held;
  /** Call keys that have an approval already: only this worker adds to them while it holds the run. */
  known: Set<string>;
  journal: Journal;
};

/** Stands between the model and its tools: what is asked once stays asked, whatever the policy says later. */
export function openGate(core: Pick<Core, "sql" | "policies" | "clock">, run: GateRun): Gate {
  async function standing(call: Call): Promise<Approval | undefined> {
    if (!run.known.has(call.key)) return undefined;
    const [approval] = await core.sql<Approval[]>`
      select * from approvals where run_id = ${run.runId} and call_key = ${call.key} and kind = 'tool_call'`;
    return approval;
  }

  async function ask(call: Call): Promise<Ruling> {
    const { tool } = call;
    // Before anything is awaited: the calls of one message come in here in their order.
    const id = newId("approval");
    const now = core.clock();
    const taint = [...new Set([...run.taint, ...call.taint])];
    const ruling = rule(core.policies.current(), {
      tool: {
        name: tool.name,
        tier: tool.tier,
        source: tool.source,
        destructive: tool.destructive ?? false,
      },
      args: call.args,
      requester: run.requester,
      place: run.place,
      language: run.language,
      taint,
      at: now,
    });
    if (ruling.kind === "run") return { kind: "run", args: call.args, edited: false, asked: false };
    if (ruling.kind === "deny") {
      await noteDenied(call, ruling.reason);
      return { kind: "answer", content: `[denied] ${ruling.reason}`, status: "error" };
    }
    const version = toolVersion(tool);
    const sealed = seal(tool.name, version, call.args);
    if (ruling.tier === "ask" && ruling.rule.grants && (await granted(call, sealed, version, now)))
      return { kind: "run", args: unseal(tool.name, version, sealed), edited: false, asked: true };
    const preview = await previewOf(tool, call.args);
    await run.journal.flush();
    const approval = await core.sql.begin((tx) =>
      requestApproval(
        tx,
        {
          id,
          runId: run.runId,
          sessionId: run.sessionId,
          kind: "tool_call",
          callKey: call.key,
          callId: call.id,
          tool: tool.name,
          toolVersion: version,
          tier: ruling.tier,
          parameters: tool.parameters,
          sealed,
          requester: run.requester,
          place: run.place,
          taint,
          preview,
          reason: ruling.reason,
          about: {
            source: tool.source,
            tool_tier: tool.tier,
            destructive: tool.destructive ?? false,
          },
          rule: ruling.rule,
        },
        now,
        run.held,
      ),
    );
    run.known.add(call.key);
    return { kind: "ask", approvalId: approval.id };
  }

  /** Whether somebody consented ahead. What let the call through stands in the audit. */
  function granted(call: Call, sealed: Sealed, version: string, now: Date): Promise<boolean> {
    const { requester, sessionId, place, runId } = run;
    const wanted = {
      tool: call.tool.name,
      toolVersion: version,
      args: call.args,
      requester,
      sessionId,
      place,
    };
    return core.sql.begin(async (tx) => {
      const [used] = await tx<{ detail: { call: string } }[]>`
        select detail from audit
        where run_id = ${runId} and action = 'call.granted' and detail->>'call' = ${call.key} and digest = ${sealed.digest}`;
      if (used) return true;
      const grant = await useGrant(tx, wanted, now);
      if (!grant) return false;
      const detail = {
        grant: grant.id,
        tool: call.tool.name,
        call: call.key,
        granted_by: grant.grantedBy,
      };
      const told = { callId: call.id, tool: call.tool.name, grant: grant.id, by: grant.grantedBy };
      await appendEvents(tx, runId, [{ type: "call.granted", ...told }], run.held);
      await writeAudit(tx, {
        action: "call.granted",
        actor: requester,
        runId,
        digest: sealed.digest,
        detail,
      });
      return true;
    });
  }

  function noteDenied(call: Call, reason: string, approval?: Approval): Promise<void> {
    const { requester: actor, runId } = run;
    const detail = { tool: call.tool.name, call: call.key, reason };
    const about = approval && { approvalId: approval.id, digest: approval.digest };
    return core.sql.begin((tx) =>
      writeAudit(tx, { action: "call.denied", actor, runId, ...about, detail }),
    );
  }

  /** What a decided approval means for its call: where it is not about exactly this call any more, a refusal. */
  async function follow(approval: Approval, call: Call): Promise<Ruling> {
    if (approval.status === "pending") return { kind: "ask", approvalId: approval.id };
    if (approval.status !== "accepted" && approval.status !== "edited")
      return {
        kind: "answer",
        content: answerFor(approval, run.language),
        status: approval.status === "responded" ? "success" : "error",
      };
    const approved = readApproved(approval, call, run);
    if ("args" in approved)
      return {
        kind: "run",
        args: approved.args,
        edited: approval.status === "edited",
        asked: true,
      };
    await noteDenied(call, approved.reason, approval);
    const content = `[error] ${approved.reason}, so it did not run. Ask again.`;
    return { kind: "answer", content, status: "error" };
  }

  return {
    async rule(call) {
      const approval = await standing(call);
      return approval ? follow(approval, call) : ask(call);
    },
  };
}

/** What the tool says that the call would do. One that can't say is asked about all the same. */
async function previewOf(tool: Tool, args: Record<string, unknown>): Promise<string | null> {
  try {
    return (await tool.preview?.(args)) ?? null;
  } catch (error) {
    return `(${messageOf(error)})`;
  }
}

/** The arguments that were consented to, from the seal and only if it is whole; or why they are not this call's. */
function readApproved(
  approval: Approval,
  call: Call,
  run: GateRun,
): { args: Record<string, unknown> } | { reason: string } {
  const { tool } = call;
  const version = toolVersion(tool);
  if (approval.tool !== tool.name || approval.toolVersion !== version)
    return { reason: `${approval.tool} has changed since it was approved` };
  if (approval.sessionId !== run.sessionId || approval.requester !== run.requester)
    return { reason: `${approval.id} was asked for somewhere else` };
  const edited = approval.status === "edited";
  const text = edited ? approval.editedArgs : approval.args;
  const digest = edited ? approval.editedDigest : approval.digest;
  try {
    return { args: unseal(tool.name, version, { text: text ?? "", digest: digest ?? "" }) };
  } catch {
    return { reason: `The arguments of ${tool.name} are not those that were approved` };
  }
}
