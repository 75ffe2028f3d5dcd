import assert from "node:assert/strict";
import { test } from "node:test";
import { openDatabase } from "#db/client.ts";
import type { Approval } from "#db/schema/approvals.ts";
import { answerFor } from "#src/approvals/answer-for.ts";
import { climbLadders } from "#src/approvals/climb-ladder.ts";
import { decide } from "#src/approvals/decide.ts";
import type { LadderStep } from "#src/approvals/rule.ts";
import { openTestDatabase } from "../support/open-test-database.ts";
import { decideDeps, waitingCall } from "../support/waiting-call.ts";

const HOUR = 3_600_000;
const start = new Date("2026-11-23T10:00:00Z");
const later = (hours: number) => new Date(start.getTime() + hours * HOUR);
const lead = "api:ops%2Flead";
const ladder: LadderStep[] = [
  { afterMs: 1 * HOUR, kind: "remind", to: ["requester"] },
  { afterMs: 20 * HOUR, kind: "escalate", to: [lead] },
  { afterMs: 30 * HOUR, kind: "remind", to: ["requester", lead] },
];
const rule = {
  ladder,
  expiresInMs: 48 * HOUR,
  quietHours: { from: "22:00", to: "06:00", timeZone: "UTC" },
};
const database = openTestDatabase();

async function happened(approval: Approval): Promise<string[]> {
  const rows = await database.sql<{ event: { type: string } }[]>`
    select event from run_events where run_id = ${approval.runId} and event->>'type' like 'approval.%' order by seq`;
  return rows.map((row) => row.event.type);
}

test("climbLadders: two days of ladder, hour by hour, each rung once, across restarts", async () => {
  const approval = await waitingCall(database.sql, { rule, now: start });
  const at: Record<string, number> = {};
  for (let hour = 0; hour <= 50; hour++) {
    // A process that starts anew each hour has nothing but the database; two janitors go round at once.
    const fresh = openDatabase(database.url, { max: 2 });
    await Promise.all([climbLadders(fresh, later(hour)), climbLadders(database.sql, later(hour))]);
    await fresh.end();
    for (const type of await happened(approval)) at[type] ??= hour;
  }
  assert.deepEqual(await happened(approval), [
    "approval.requested",
    "approval.reminded",
    "approval.escalated",
    "approval.reminded",
    "approval.closed",
  ]);
  // 20 active hours from 10:00 are 12 before 22:00 and 8 from 06:00: 14:00 the next day.
  assert.deepEqual(at, {
    "approval.requested": 0,
    "approval.reminded": 1,
    "approval.escalated": 28,
    "approval.closed": 48,
  });
  const [closed] = await database.sql<
    Approval[]
  >`select * from approvals where id = ${approval.id}`;
  assert.ok(closed);
  assert.equal(closed.status, "expired");
  assert.match(answerFor(closed, "en"), /Nobody answered within 2 days/);
  assert.match(answerFor(closed, "zh"), /2天内无人答复/);
});

test("climbLadders: after nobody ran for two days, only the expiry is told", async () => {
  const approval = await waitingCall(database.sql, { rule, now: start });
  await climbLadders(database.sql, later(60));
  assert.deepEqual(await happened(approval), ["approval.requested", "approval.closed"]);
});

test("climbLadders: an escalation lets its people decide, not before", async () => {
  const approval = await waitingCall(database.sql, { rule, now: start });
  const asLead = (hours: number) =>
    decide(
      decideDeps(database.sql, () => later(hours)),
      { approvalId: approval.id, actor: lead, review: { type: "accept" }, via: "test" },
    );
  await assert.rejects(asLead(2), /may not decide/);
  await climbLadders(database.sql, later(29));
  assert.equal((await asLead(29)).approval.status, "accepted");
});

test("climbLadders: what was decided is not reminded of any more", async () => {
  const approval = await waitingCall(database.sql, { rule, now: start });
  await decide(
    decideDeps(database.sql, () => later(0.5)),
    { approvalId: approval.id, actor: approval.requester, review: { type: "reject" }, via: "test" },
  );
  await climbLadders(database.sql, later(60));
  assert.deepEqual(await happened(approval), ["approval.requested", "approval.closed"]);
});

test("decide: after the expiry it is too late, even where no janitor has closed it", async () => {
  const approval = await waitingCall(database.sql, { rule, now: start });
  const late = decide(
    decideDeps(database.sql, () => later(48)),
    { approvalId: approval.id, actor: approval.requester, review: { type: "accept" }, via: "test" },
  );
  await assert.rejects(late, /is expired already/);
});
