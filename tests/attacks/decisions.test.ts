import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Approval } from "#db/schema/approvals.ts";
import { verifyAudit } from "#src/approvals/audit-verify.ts";
import { climbLadders } from "#src/approvals/climb-ladder.ts";
import { type Decision, decide } from "#src/approvals/decide.ts";
import { withdraw } from "#src/approvals/withdraw.ts";
import { RefusedError } from "#src/errors.ts";
import { REVIEW_TYPES, type Review, type ReviewType } from "#src/events.ts";
import { addJob } from "#src/runs/core.ts";
import { handle } from "#src/runs/handle.ts";
import { decideDeps, waitingCall } from "#tests/support/waiting-call.ts";
import { assertNoted, assertRefused } from "./refused.ts";
import { ada, bob, cyd, eve, openStage, type Stage } from "./stage.ts";

const PAY = { name: "transfer", args: { to: "ada", amount: 10 } };
const EDIT: Review = { type: "edit", args: { to: "ada", amount: 5 } };
let stage: Stage;

before(async () => {
  stage = await openStage();
});
after(async () => {
  const { faults } = await verifyAudit(stage.sql);
  assert.deepEqual(faults, []);
  await stage[Symbol.asyncDispose]();
});

const reviewOf = (type: ReviewType): Review =>
  type === "edit" ? EDIT : type === "respond" ? { type, message: "later" } : { type };
const ranIn = (runId: string) => stage.ran.filter(({ key }) => key.startsWith(`${runId}/`));
/** On the engine alone: an approval of rows, which no worker waits for. */
const says = (actor: string, approval: Approval, more: Partial<Decision> = {}) =>
  decide(decideDeps(stage.sql), {
    approvalId: approval.id,
    actor,
    review: { type: "accept" },
    via: "test",
    ...more,
  });
const click = (approval: { id: string; place: string }, actor: string, review: Review) =>
  handle(stage.core, {
    kind: "decision",
    key: `test:${crypto.randomUUID()}`,
    place: approval.place,
    actor,
    at: 0,
    approvalId: approval.id,
    review,
  });

test("rule 1: ids of approvals that there are not, on each path, decide nothing", async () => {
  const run = await stage.ask([PAY], { session: "forged" });
  const [approval] = await stage.waiting(run);
  for (const id of [
    "apr_00000000-0000-7000-8000-000000000000",
    `${approval.id} `,
    approval.id.toUpperCase(),
    approval.id.slice(0, -1),
    run.id,
    "%00",
    "..%2f..",
    "' or true --",
  ]) {
    const body = { user_id: "ada", type: "accept" };
    const sent = await stage.send("POST", `/v1/approvals/${encodeURIComponent(id)}/decision`, body);
    assert.equal(sent.status, 404, id);
    assert.equal((await click({ ...approval, id }, ada, { type: "accept" })).kind, "notice");
    await assert.rejects(says(ada, { ...approval, id }), RefusedError);
  }
  assert.equal((await stage.standing(approval)).status, "pending");
  assert.deepEqual(ranIn(run.id), []);
});

test("rule 1: who may not decide is refused on every path, by the same function, and written down", async () => {
  const run = await stage.ask([PAY]);
  const [approval] = await stage.waiting(run);
  for (const type of REVIEW_TYPES) {
    const review = reviewOf(type);
    await assertRefused(stage, approval, eve, "forbidden", () =>
      stage.decide(approval, { actor: eve, review }),
    );
    const body = { user_id: "eve", ...review };
    const sent = await stage.send("POST", `/v1/approvals/${approval.id}/decision`, body);
    assert.equal(sent.status, 403);
    await assertNoted(stage.sql, approval, eve, "forbidden");
    const answer = await click(approval, eve, review);
    assert.equal(answer.kind, "notice");
    await assertNoted(stage.sql, approval, eve, "forbidden");
  }
  const rows = await stage.audit(approval);
  assert.equal(rows.filter(({ action }) => action === "decision.refused").length, 12);
  assert.deepEqual(ranIn(run.id), []);
});

test("rule 1: the original routes decide no approval but the one that they have shown to its requester", async () => {
  const run = await stage.ask([PAY, { ...PAY, args: { to: "eve", amount: 999 } }], {
    session: "orig",
  });
  const [first, second] = await stage.waiting(run);
  await stage.sql`update runs set external_key = 'task' where id = ${run.id}`;
  const resume = (more: object) =>
    stage.send("POST", "/agent/resume", {
      user_id: "ada",
      session_id: "orig",
      task_id: "task",
      response_type: "accept",
      ...more,
    });
  // Nothing has been shown yet, so there is nothing that could be meant.
  assert.equal((await resume({})).status, 400);
  await stage.send("GET", "/agent/status/ada/orig/task");
  assert.equal((await resume({ approval_id: second?.id })).status, 400);
  assert.equal((await resume({ user_id: "eve" })).status, 404);
  assert.equal((await resume({ approval_id: first.id })).status, 200);
  // The second has not been shown by that: the same answer again is about nothing.
  assert.equal((await resume({})).status, 400);
  assert.equal((await stage.standing(second as Approval)).status, "pending");
});

test("rule 1: answers that the rule does not allow are refused, whoever sends them", async () => {
  const approval = await waitingCall(stage.sql, { rule: { allowed: ["reject"] } });
  for (const type of ["accept", "edit", "respond"] as const)
    await assertRefused(stage, approval, ada, "invalid", () =>
      says(ada, approval, { review: reviewOf(type) }),
    );
  for (const type of ["approve", "ACCEPT", "__proto__", "", "accept "])
    await assertRefused(stage, approval, ada, "invalid", () =>
      says(ada, approval, { review: { type } as never }),
    );
});

test("rule 5: an accepted approval that is replayed 40 times runs its call once", async () => {
  const run = await stage.ask([PAY]);
  const [approval] = await stage.waiting(run);
  await stage.decide(approval, {});
  const replays = Array.from({ length: 40 }, (_, n) =>
    stage.decide(approval, { review: reviewOf(REVIEW_TYPES[n % 4] ?? "accept") }),
  );
  const results = await Promise.allSettled(replays);
  assert.ok(results.every(({ status }) => status === "rejected"));
  await stage.ended(run);
  assert.equal(ranIn(run.id).length, 1);
  // Jobs that are added again for a run that has ended find nothing to do.
  for (let wake = 0; wake < 10; wake++)
    await addJob(stage.core, { runId: run.id, jobId: `${run.id}-again${wake}` });
  assert.equal((await stage.ended(run)).status, "completed");
  assert.equal(ranIn(run.id).length, 1);
});

test("rule 5: the same call in another run waits for its own approval", async () => {
  const [one, other] = await Promise.all([stage.ask([PAY]), stage.ask([PAY])]);
  const [approval] = await stage.waiting(one);
  const [still] = await stage.waiting(other);
  assert.equal(approval.digest, still.digest);
  await stage.decide(approval, {});
  await stage.ended(one);
  assert.equal((await stage.standing(still)).status, "pending");
  assert.deepEqual(ranIn(other.id), []);
});

test("rule 5: an approval that is moved to another session's run, in the database, lets nothing run there", async () => {
  const one = await stage.ask([PAY]);
  const other = await stage.ask([PAY], { user: eve });
  const [approval] = await stage.waiting(one);
  const [target] = await stage.waiting(other);
  await stage.decide(approval, {});
  await stage.ended(one);
  const { sql } = stage;
  await sql`update approvals set call_key = 'gone' where id = ${target.id}`;
  await sql`update approvals set run_id = ${other.id}, call_key = ${target.callKey} where id = ${approval.id}`;
  await stage.decide(target, { actor: eve, review: { type: "reject" } });
  await stage.ended(other);
  assert.deepEqual(ranIn(other.id), []);
  const denied = (await stage.audit(approval)).at(-1);
  assert.deepEqual([denied?.action, denied?.runId], ["call.denied", other.id]);
});

test("rule 5: at the moment of its expiry a decision is too late, and an old clock on a click helps nobody", async () => {
  const now = new Date("2026-11-23T10:00:00Z");
  const approval = await waitingCall(stage.sql, { now, rule: { expiresInMs: 60_000 } });
  const at = (ms: number) => decideDeps(stage.sql, () => new Date(now.getTime() + ms));
  const accept = { approvalId: approval.id, actor: ada, review: { type: "accept" }, via: "test" };
  for (const late of [60_000, 60_001, 1e10])
    await assertRefused(stage, approval, ada, "conflict", () =>
      decide(at(late), accept as Decision),
    );
  assert.equal((await decide(at(59_999), accept as Decision)).approval.status, "accepted");
});

test("rule 6: three calls under one id, decided in another order: each gets its own answer", async () => {
  const amounts = [1, 2, 3];
  const calls = amounts.map((amount) => ({ ...PAY, id: "call_1", args: { to: "x", amount } }));
  const run = await stage.ask(calls);
  const [first, second, third] = await stage.waiting(run);
  assert.equal(new Set([first, second, third].map((one) => one?.callId)).size, 3);
  await stage.decide(third as Approval, { digest: third?.digest ?? "" });
  await stage.decide(first, { review: { type: "reject" } });
  await stage.decide(second as Approval, {
    review: { type: "edit", args: { to: "y", amount: 20 } },
  });
  await stage.ended(run);
  assert.deepEqual(
    ranIn(run.id)
      .map(({ args }) => args)
      .sort((a, b) => Number(a.amount) - Number(b.amount)),
    [
      { to: "x", amount: 3 },
      { to: "y", amount: 20 },
    ],
  );
  const answers = stage.prompts.at(-1)?.messages.filter(({ role }) => role === "tool") ?? [];
  assert.deepEqual(
    answers.map(({ callId, text }) => [callId, text.split(" ")[0]]),
    [
      [first.callId, "[rejected]"],
      [second?.callId, "[edited:"],
      [third?.callId, "ran"],
    ],
  );
});

test("rule 6: the digest of another approval, of nothing, or cut short, is about nothing", async () => {
  const approval = await waitingCall(stage.sql);
  const other = await waitingCall(stage.sql, { args: { amount: 11 } });
  for (const digest of [
    other.digest,
    "",
    approval.digest.slice(0, 12),
    approval.digest.toUpperCase(),
  ])
    for (const type of REVIEW_TYPES)
      await assertRefused(stage, approval, ada, "conflict", () =>
        says(ada, approval, { digest, review: reviewOf(type) }),
      );
});

test("rule 6: after an edit neither a card's old digest nor a click without one consents to the new arguments", async () => {
  const rule = { approvers: [bob, cyd], quorum: 2 };
  const approval = await waitingCall(stage.sql, { rule });
  await says(bob, approval, { review: { type: "edit", args: { amount: 1_000_000 } } });
  const edited = await stage.standing(approval);
  for (const stale of [{ digest: approval.digest }, {}])
    for (const review of [{ type: "accept" }, { type: "edit", args: { amount: 1_000_000 } }])
      await assertRefused(stage, edited, cyd, "conflict", () =>
        says(cyd, edited, { ...stale, review: review as Review }),
      );
  const closed = await says(cyd, edited, { digest: edited.editedDigest ?? "" });
  assert.equal(closed.approval.status, "edited");
});

test("rule 6: a form that was opened before an edit changes nothing when it is sent after it", async () => {
  const rule = { approvers: [bob, cyd], quorum: 2 };
  const approval = await waitingCall(stage.sql, {
    rule,
    args: { amount: 1, to: "x".repeat(3_000) },
  });
  const form = { key: "", place: approval.place, actor: cyd, at: 0, approvalId: approval.id };
  await handle(stage.core, { ...form, kind: "form.requested", type: "view", page: 0, key: "f1" });
  await says(bob, approval, { review: { type: "edit", args: { amount: 2, to: "y" } } });
  for (const digest of [{}, { digest: approval.digest }]) {
    const sent = { ...form, kind: "form.submitted", type: "view", values: {}, ...digest } as const;
    assert.equal((await handle(stage.core, { ...sent, key: crypto.randomUUID() })).kind, "notice");
  }
  const views = await stage.sql`select * from approval_views where approval_id = ${approval.id}`;
  assert.equal(views.length, 0, "what was shown is not what is there now");
  assert.equal((await stage.standing(approval)).status, "pending");
});

test("rule 14: 40 decisions at once over four paths have one winner, and every loser is told who won", async () => {
  const run = await stage.ask([PAY], { session: "race" });
  const [approval] = await stage.waiting(run);
  await stage.sql`update runs set external_key = 'task' where id = ${run.id}`;
  await stage.send("GET", "/agent/status/ada/race/task");
  const paths: ((review: Review) => Promise<boolean>)[] = [
    (review) =>
      stage.decide(approval, { review }).then(
        () => true,
        (error) => {
          assert.equal(error.details.decided_by, ada);
          assert.match(error.message, /is (accepted|edited|responded|rejected) already, by /);
          return false;
        },
      ),
    async (review) => {
      const body = { user_id: "ada", ...review };
      const sent = await stage.send("POST", `/v1/approvals/${approval.id}/decision`, body);
      if (sent.status !== 200) assert.deepEqual([sent.status, sent.body.decided_by], [409, ada]);
      return sent.status === 200;
    },
    async (review) => {
      const answer = await click(approval, ada, review);
      if (answer.kind === "notice") assert.match(answer.text, /already, by /);
      return answer.kind === "stored";
    },
    async ({ type }) => {
      const sent = await stage.send("POST", "/agent/resume", {
        user_id: "ada",
        session_id: "race",
        task_id: "task",
        response_type: type === "accept" ? "accept" : "reject",
      });
      return sent.status === 200;
    },
  ];
  const won = await Promise.all(
    Array.from({ length: 40 }, (_, n) =>
      paths[n % 4]?.(reviewOf(REVIEW_TYPES[Math.floor(n / 4) % 4] ?? "accept")),
    ),
  );
  assert.equal(won.filter(Boolean).length, 1);
  await stage.ended(run);
  const { status } = await stage.standing(approval);
  assert.equal(ranIn(run.id).length, status === "accepted" || status === "edited" ? 1 : 0);
});

test("rule 14: ten clicks of one person at once are one vote of two", async () => {
  const approval = await waitingCall(stage.sql, { rule: { approvers: [bob, cyd], quorum: 2 } });
  const clicks = await Promise.allSettled(Array.from({ length: 10 }, () => says(bob, approval)));
  assert.equal(clicks.filter(({ status }) => status === "fulfilled").length, 1);
  assert.equal((await stage.standing(approval)).status, "pending");
});

test("rule 14: an edit that races with consents: what closes has as many votes for exactly it", async () => {
  const people = [bob, cyd, eve];
  for (let round = 0; round < 10; round++) {
    const approval = await waitingCall(stage.sql, { rule: { approvers: people, quorum: 2 } });
    await Promise.allSettled([
      says(bob, approval, { digest: approval.digest }),
      says(cyd, approval, { review: { type: "edit", args: { amount: 1 } } }),
      says(eve, approval, { digest: approval.digest }),
    ]);
    const now = await stage.standing(approval);
    const votes = await stage.sql`
      select digest from approval_votes where approval_id = ${approval.id} and digest = ${now.editedDigest ?? now.digest}`;
    assert.equal(votes.length >= 2, now.status !== "pending", now.status);
  }
});

test("rule 14: a decision that races with two janitors at the expiry ends it in one way", async () => {
  for (let round = 0; round < 10; round++) {
    const now = new Date();
    const approval = await waitingCall(stage.sql, { now, rule: { expiresInMs: 1_000 } });
    const end = new Date(now.getTime() + 1_000);
    const [decision, ...climbs] = await Promise.allSettled([
      says(ada, approval),
      climbLadders(stage.sql, end),
      climbLadders(stage.sql, end),
    ]);
    const { status } = await stage.standing(approval);
    assert.equal(status, decision.status === "fulfilled" ? "accepted" : "expired");
    assert.ok(climbs.every((climb) => climb.status === "fulfilled"));
    const closed = await stage.sql`
      select 1 from run_events where run_id = ${approval.runId} and event->>'type' = 'approval.closed'`;
    assert.equal(closed.length, 1);
  }
});

test("rule 20: a stale click after each ending changes nothing and says how it ended", async () => {
  const endings: [string, (approval: Approval) => Promise<unknown>][] = [
    ["accepted", (approval) => says(ada, approval)],
    [
      "edited",
      (approval) => says(ada, approval, { review: { type: "edit", args: { amount: 1 } } }),
    ],
    ["responded", (approval) => says(ada, approval, { review: reviewOf("respond") })],
    ["rejected", (approval) => says(ada, approval, { review: reviewOf("reject") })],
    ["withdrawn", (approval) => withdraw(decideDeps(stage.sql), approval.id, ada)],
    ["expired", () => climbLadders(stage.sql, new Date(Date.now() + 86_400_001))],
  ];
  for (const [status, end] of endings) {
    const approval = await waitingCall(stage.sql);
    await end(approval);
    const closed = await stage.standing(approval);
    assert.equal(closed.status, status);
    for (const type of REVIEW_TYPES) {
      const answer = await click(approval, ada, reviewOf(type));
      assert.ok(answer.kind === "notice" && answer.text.includes(`is ${status} already`), status);
      await assertNoted(stage.sql, approval, ada, "conflict");
    }
    assert.deepEqual(await stage.standing(approval), closed);
  }
});

test("rule 20: nobody but its requester withdraws, and not what is decided", async () => {
  const approval = await waitingCall(stage.sql, { rule: { approvers: [bob] } });
  const take = (actor: string) => withdraw(decideDeps(stage.sql), approval.id, actor);
  for (const actor of [bob, eve]) {
    await assert.rejects(take(actor), /Only .* may withdraw/);
    const row = (await stage.audit(approval)).at(-1);
    assert.deepEqual([row?.action, row?.actor], ["withdrawal.refused", actor]);
  }
  await says(bob, approval);
  await assert.rejects(take(ada), /is accepted already/);
  assert.equal((await stage.standing(approval)).status, "accepted");
});
