import assert from "node:assert/strict";
import { test } from "node:test";
import type { Approval } from "#db/schema/approvals.ts";
import { verifyAudit } from "#src/approvals/audit-verify.ts";
import { type Decision, decide } from "#src/approvals/decide.ts";
import { recordView } from "#src/approvals/record-view.ts";
import { withdraw } from "#src/approvals/withdraw.ts";
import { RefusedError } from "#src/errors.ts";
import { openTestDatabase } from "../support/open-test-database.ts";
import { decideDeps, waitingCall } from "../support/waiting-call.ts";

const [ada, bob, cyd, eve] = ["api:local%2Fada", "api:ops%2Fbob", "api:ops%2Fcyd", "api:ops%2Feve"];
const two = { approvers: [bob, cyd], quorum: 2, excludeRequester: true };
const database = openTestDatabase();

const says = (actor: string, approval: Pick<Approval, "id">, more: Partial<Decision> = {}) =>
  decide(decideDeps(database.sql), {
    approvalId: approval.id,
    actor,
    review: { type: "accept" },
    via: "test",
    ...more,
  });
const standing = async (approval: Approval) => {
  const [row] = await database.sql<Approval[]>`select * from approvals where id = ${approval.id}`;
  assert.ok(row);
  return row;
};
const refusedAs = (code: string) => (error: unknown) =>
  error instanceof RefusedError && error.code === code;

test("decide: the first of two leaves it pending and tells so, the second closes it and wakes the run", async () => {
  const approval = await waitingCall(database.sql, { rule: two });
  const first = await says(bob, approval);
  assert.equal(first.approval.status, "pending");
  assert.equal(first.wake, null);
  const events =
    await database.sql`select event from run_events where run_id = ${approval.runId} order by seq`;
  assert.deepEqual(
    events.at(-1)?.event.card.votes.map((vote: { by: string }) => vote.by),
    [bob],
  );
  const second = await says(cyd, approval);
  assert.equal(second.approval.status, "accepted");
  assert.equal(second.wake?.runId, approval.runId);
});

test("decide: one person is one vote, however often", async () => {
  const approval = await waitingCall(database.sql, { rule: two });
  await says(bob, approval);
  await assert.rejects(says(bob, approval), refusedAs("conflict"));
  assert.equal((await standing(approval)).status, "pending");
});

test("decide: the requester where excluded, and a stranger, are refused and audited", async () => {
  const approval = await waitingCall(database.sql, { rule: { ...two, approvers: [ada, bob] } });
  await assert.rejects(says(ada, approval), refusedAs("forbidden"));
  await assert.rejects(says(eve, approval), refusedAs("forbidden"));
  const refusals =
    await database.sql`select actor from audit where approval_id = ${approval.id} and action = 'decision.refused' order by id`;
  assert.deepEqual(
    refusals.map((row) => row.actor),
    [ada, eve],
  );
});

test("decide: an edit voids the consent that was given to other arguments", async () => {
  const approval = await waitingCall(database.sql, {
    rule: { ...two, approvers: [bob, cyd, eve] },
  });
  await says(bob, approval);
  const edited = await says(cyd, approval, { review: { type: "edit", args: { amount: 7 } } });
  assert.equal(edited.approval.status, "pending");
  await assert.rejects(says(bob, approval, { digest: approval.digest }), refusedAs("conflict"));
  const closed = await says(bob, approval, { digest: edited.approval.editedDigest ?? "" });
  assert.equal(closed.approval.status, "edited");
  assert.equal(closed.approval.editedArgs, '{"amount":7}');
});

test("decide: one rejection ends a quorum, and a response does", async () => {
  const rejected = await waitingCall(database.sql, { rule: two });
  await says(bob, rejected);
  await says(cyd, rejected, { review: { type: "reject", message: "no" } });
  assert.equal((await standing(rejected)).status, "rejected");
  const responded = await waitingCall(database.sql, { rule: two });
  await says(cyd, responded, { review: { type: "respond", message: "later" } });
  assert.equal((await standing(responded)).status, "responded");
});

test("decide: where one rejection does not end it, as many as the quorum do", async () => {
  const approval = await waitingCall(database.sql, { rule: { ...two, oneRejectionEnds: false } });
  await says(bob, approval, { review: { type: "reject" } });
  assert.equal((await standing(approval)).status, "pending");
  await says(cyd, approval, { review: { type: "reject" } });
  assert.equal((await standing(approval)).status, "rejected");
});

test("decide: edited arguments that fail the schema are refused at their field", async () => {
  const approval = await waitingCall(database.sql);
  const bad = says(ada, approval, { review: { type: "edit", args: { amount: "much" } } });
  await assert.rejects(
    bad,
    (error) => error instanceof RefusedError && error.fields[0]?.path === "/args/amount",
  );
});

test("decide: who was not shown all of long arguments can't accept them, and an edit has to be shown again", async () => {
  const approval = await waitingCall(database.sql, { args: { amount: 1, to: "x".repeat(5_000) } });
  await assert.rejects(says(ada, approval), refusedAs("forbidden"));
  await recordView(database.sql, approval.id, bob, "test");
  await assert.rejects(says(ada, approval), refusedAs("forbidden"));
  await recordView(database.sql, approval.id, ada, "test");
  assert.equal((await says(ada, approval)).approval.status, "accepted");
});

test("decide: tier dashboard needs a key of that scope, whoever asks", async () => {
  const approval = await waitingCall(database.sql, {
    tier: "dashboard",
    rule: { approvers: [bob] },
  });
  await assert.rejects(says(bob, approval), refusedAs("forbidden"));
  const scopes = new Set(["approvals", "approvals:dashboard"]);
  assert.equal((await says(bob, approval, { scopes })).approval.status, "accepted");
});

test("withdraw: only the requester, only while it is pending", async () => {
  const approval = await waitingCall(database.sql);
  await assert.rejects(
    withdraw(decideDeps(database.sql), approval.id, bob),
    refusedAs("forbidden"),
  );
  await withdraw(decideDeps(database.sql), approval.id, ada);
  await assert.rejects(says(ada, approval), refusedAs("conflict"));
});

test("verifyAudit: everything above is one whole chain; each way to tamper with it shows", async () => {
  const whole = await verifyAudit(database.sql);
  assert.deepEqual(whole.faults, []);
  assert.ok(whole.rows > 20);
  const tampering = [
    (id: number) => database.sql`delete from audit where id = ${id}`,
    (id: number) => database.sql`update audit set actor = ${eve} where id = ${id}`,
    (id: number) => database.sql`update audit set detail = '{"type":"accept"}' where id = ${id}`,
    (id: number) => database.sql`update audit set action = 'approval.expired' where id = ${id}`,
    (id: number) => database.sql`update audit set digest = 'other' where id = ${id}`,
    (id: number) => database.sql`update audit set at = at + interval '1 second' where id = ${id}`,
    () => database.sql`delete from audit where id = (select max(id) from audit)`,
  ];
  const [middle] =
    await database.sql`select id from audit where actor is not null and digest is not null order by id offset 5 limit 1`;
  await database.sql`create table kept as select * from audit`;
  for (const tamper of tampering) {
    await tamper(middle?.id as number);
    assert.notDeepEqual((await verifyAudit(database.sql)).faults, [], String(tamper));
    await database.sql`delete from audit`;
    await database.sql`insert into audit select * from kept`;
    assert.deepEqual((await verifyAudit(database.sql)).faults, []);
  }
});

test("verifyAudit: a person whose keys and words are erased leaves the chain whole", async () => {
  await database.sql`delete from audit_keys where subject = ${`person:${cyd}`}`;
  await database.sql`update audit set actor = null where actor = ${cyd}`;
  const report = await verifyAudit(database.sql);
  assert.deepEqual(report.faults, []);
  assert.ok(report.erased > 0);
});
