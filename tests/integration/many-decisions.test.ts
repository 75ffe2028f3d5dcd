import assert from "node:assert/strict";
import { test } from "node:test";
import type { Approval } from "#db/schema/approvals.ts";
import { verifyAudit } from "#src/approvals/audit-verify.ts";
import { decide } from "#src/approvals/decide.ts";
import { RefusedError } from "#src/errors.ts";
import { address, REVIEW_TYPES, type Review, type ReviewType } from "#src/events.ts";
import { addJob } from "#src/runs/core.ts";
import { handle } from "#src/runs/handle.ts";
import { submit } from "#src/runs/submit.ts";
import { testApp } from "../support/app.ts";
import { testService } from "../support/service.ts";
import { until } from "../support/until.ts";

const RUNS = 500;
const ACTORS = 20;
const TRIES = 4;

const userOf = (n: number) => `user-${n % ACTORS}`;
const actorOf = (user: string) => address("api", `local/${user}`);
const pick = <T>(list: readonly T[]): T => list[Math.floor(Math.random() * list.length)] as T;

function reviewOf(type: ReviewType): Review {
  if (type === "edit") return { type, args: { hotel_name: "另一家" } };
  if (type === "respond") return { type, message: "later" };
  return { type };
}

test("500 approvals at once, decided at random by 20 actors over four paths: one ending each, no call too many", async () => {
  await using service = await testService();
  await using app = await testApp(service.core);
  const { core } = service;
  const { sql } = core;
  const runs = await Promise.all(
    Array.from({ length: RUNS }, (_, n) => {
      const owner = actorOf(userOf(n));
      const session = { kind: "external" as const, owner, externalKey: `s${n}` };
      return submit(core, {
        session,
        requester: owner,
        input: `调用工具预定酒店${n}`,
        externalKey: `t${n}`,
      });
    }),
  );
  const count = async (where: ReturnType<typeof sql>) =>
    (await sql<{ count: number }[]>`select count(*)::int as count from runs where ${where}`)[0]
      ?.count;
  await until("all wait", async () => (await count(sql`status = 'waiting'`)) === RUNS, 120_000);
  // The original route decides what its status has shown.
  await Promise.all(runs.map((_, n) => app.send("GET", `/agent/status/${userOf(n)}/s${n}/t${n}`)));
  const approvals = await sql<
    Approval[]
  >`select a.* from approvals a join runs r on r.id = a.run_id order by r.external_key`;
  const numberOf = new Map(runs.map(({ run }, n) => [run.id, n]));

  type Path = (approval: Approval, user: string, type: ReviewType) => Promise<"won" | "lost">;
  const quietly = async (decision: Promise<unknown>) => {
    try {
      await decision;
      return "won" as const;
    } catch (error) {
      assert.ok(error instanceof RefusedError, String(error));
      return "lost" as const;
    }
  };
  const paths: Path[] = [
    (approval, user, type) =>
      quietly(
        decide(core, {
          approvalId: approval.id,
          actor: actorOf(user),
          review: reviewOf(type),
          via: "test",
        }).then(({ wake }) => addJob(core, wake)),
      ),
    async (approval, user, type) => {
      const { status } = await app.send("POST", `/v1/approvals/${approval.id}/decision`, {
        user_id: user,
        ...reviewOf(type),
      });
      assert.ok([200, 403, 404, 409].includes(status), String(status));
      return status === 200 ? "won" : "lost";
    },
    async (approval, user, type) => {
      const n = numberOf.get(approval.runId) ?? -1;
      const args =
        type === "edit"
          ? { args: { hotel_name: "另一家" } }
          : type === "respond"
            ? { args: "later" }
            : null;
      const { status } = await app.send("POST", "/agent/resume", {
        user_id: user,
        session_id: `s${n}`,
        task_id: `t${n}`,
        response_type: type === "respond" ? "response" : type,
        args,
      });
      assert.ok([200, 400, 404].includes(status), String(status));
      return status === 200 ? "won" : "lost";
    },
    async (approval, user, type) => {
      const key = `test:${crypto.randomUUID()}`;
      const inbound = {
        kind: "decision" as const,
        key,
        place: approval.place,
        actor: actorOf(user),
        at: 0,
        approvalId: approval.id,
        review: reviewOf(type),
      };
      return (await handle(core, inbound)).kind === "stored" ? "won" : "lost";
    },
  ];

  const results = await Promise.all(
    approvals.map(async (approval) => {
      const n = numberOf.get(approval.runId) ?? -1;
      const tries = Array.from({ length: TRIES }, (_, k) => {
        const user =
          k === 0
            ? userOf(n)
            : pick([userOf(n), userOf(n + 1 + Math.floor(Math.random() * (ACTORS - 1)))]);
        return pick(paths)(approval, user, pick(REVIEW_TYPES));
      });
      return (await Promise.all(tries)).filter((result) => result === "won").length;
    }),
  );
  assert.deepEqual(results, Array(RUNS).fill(1), "each approval has one winner");

  await until(
    "all end or wait again",
    async () => (await count(sql`finished_at is null and status <> 'waiting'`)) === 0,
    120_000,
  );
  const first = await sql<{ status: string; started: number }[]>`
    select a.status, (select count(*)::int from run_events e
      where e.run_id = a.run_id and e.event->>'type' = 'tool.started' and e.event->>'callId' = a.call_id) as started
    from approvals a where a.id = any(${approvals.map((approval) => approval.id)})`;
  for (const { status, started } of first) {
    assert.notEqual(status, "pending");
    assert.equal(started, status === "accepted" || status === "edited" ? 1 : 0, status);
  }
  const report = await verifyAudit(sql);
  assert.deepEqual(report.faults, []);
  const [decided] =
    await sql`select count(*)::int as count from audit where action = 'approval.decided'`;
  assert.equal(decided?.count, RUNS);
});
