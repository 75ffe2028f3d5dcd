import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Approval } from "#db/schema/approvals.ts";
import { type Decision, decide } from "#src/approvals/decide.ts";
import type { Grant, GrantRequest } from "#src/approvals/grants.ts";
import { useGrant } from "#src/approvals/grants.ts";
import { decideDeps, type WaitingCall, waitingCall } from "#tests/support/waiting-call.ts";
import { assertRefused } from "./refused.ts";
import { ada, bob, cyd, eve, openStage, type Stage } from "./stage.ts";

const HOUR = 3_600_000;
const HOURLY: GrantRequest = { scope: "session", expiresInMs: HOUR };
let stage: Stage;

before(async () => {
  stage = await openStage();
});
after(() => stage[Symbol.asyncDispose]());

/** A grant that was given with the acceptance of a call, and a call that it covers. */
async function granted(request: Partial<GrantRequest> = {}, call: WaitingCall = {}) {
  const approval = await waitingCall(stage.sql, { args: { amount: 10, to: "ada" }, ...call });
  await says(approval, ada, { grant: { ...HOURLY, ...request } });
  const [grant] = await stage.sql<Grant[]>`select * from grants where approval_id = ${approval.id}`;
  assert.ok(grant);
  const { tool, toolVersion, requester, sessionId, place } = approval;
  const covered = {
    tool,
    toolVersion,
    requester,
    sessionId,
    place,
    args: { amount: 10, to: "ada" },
  };
  return { approval, grant, covered };
}

type Covered = Awaited<ReturnType<typeof granted>>["covered"];

const says = (approval: Approval, actor: string, more: Partial<Decision> = {}) =>
  decide(decideDeps(stage.sql), {
    approvalId: approval.id,
    actor,
    review: { type: "accept" },
    via: "test",
    ...more,
  });
const use = (call: Covered, now = new Date()) =>
  stage.sql.begin((tx) => useGrant(tx, call, now)) as Promise<Grant | undefined>;

test("rule 5: a grant covers no other arguments, tool, version, place, session or person", async () => {
  const { covered, grant } = await granted();
  assert.equal((await use(covered))?.id, grant.id);
  const args = (change: object) => ({ args: { ...covered.args, ...change } });
  for (const change of [
    args({ amount: 11 }),
    args({ amount: "10" }),
    args({ amount: [10] }),
    args({ to: "Ada" }),
    args({ to: "аda" }),
    args({ to: "ada " }),
    args({ to: "ada\u200b" }),
    { args: { amount: 10 } },
    { args: { to: "ada", Amount: 10 } },
    { args: JSON.parse('{"__proto__":{"amount":10,"to":"ada"}}') },
    { tool: "refunds" },
    { tool: "Refund" },
    { toolVersion: "v2" },
    { requester: eve },
    { requester: "api:local/ada" },
    { sessionId: "ses_other", place: "api:other" },
    { sessionId: covered.sessionId.toUpperCase() },
  ])
    assert.equal(await use({ ...covered, ...change }), undefined, JSON.stringify(change));
});

test("rule 5: arguments that a grant leaves free are free, those that it names are not", async () => {
  const { covered } = await granted({ fixed: ["to"] });
  assert.ok(await use({ ...covered, args: { to: "ada", amount: 7 } }));
  for (const args of ['{"amount":7}', '{"to":"eve","amount":10}', '{"__proto__":{"to":"ada"}}'])
    assert.equal(await use({ ...covered, args: JSON.parse(args) }), undefined, args);
  const approval = await waitingCall(stage.sql);
  for (const fixed of [["nothing"], ["__proto__"], ["constructor"], ["amount", "toString"]])
    await assertRefused(stage, approval, ada, "invalid", () =>
      says(approval, ada, { grant: { ...HOURLY, fixed } }),
    );
});

test("rule 5: a grant for three uses that twenty calls want at once lets three through", async () => {
  const { covered, grant } = await granted({ uses: 3 });
  const used = await Promise.all(Array.from({ length: 20 }, () => use(covered)));
  assert.equal(used.filter(Boolean).length, 3);
  const [left] = await stage.sql<Grant[]>`select * from grants where id = ${grant.id}`;
  assert.equal(left?.usesLeft, 0);
});

test("rule 5: twenty calls of one message under a grant for one: one runs unasked, and the audit names the grant", async () => {
  const call = { name: "transfer", args: { to: "ada", amount: 10 } };
  const session = "granted-once";
  const first = await stage.ask([call], { session });
  const [approval] = await stage.waiting(first);
  const grant = { scope: "session", expires_in_seconds: 60, uses: 1 };
  const body = { user_id: "ada", type: "accept", grant };
  const sent = await stage.send("POST", `/v1/approvals/${approval.id}/decision`, body);
  assert.equal(sent.status, 200);
  await stage.ended(first);
  const run = await stage.ask(
    Array.from({ length: 20 }, () => call),
    { session },
  );
  const open = await stage.waiting(run);
  assert.equal(open.length, 19);
  const rows =
    await stage.sql`select * from audit where run_id = ${run.id} and action = 'call.granted'`;
  const [made] = await stage.sql<Grant[]>`select * from grants where approval_id = ${approval.id}`;
  assert.equal(rows.length, 1);
  assert.equal(rows[0]?.detail.grant, made?.id);
  for (const one of open) await stage.decide(one, { review: { type: "reject" } });
  await stage.ended(run);
  const ran = stage.ran.filter(({ key }) => key.startsWith(`${run.id}/`));
  assert.deepEqual(
    ran.map(({ user }) => user),
    [ada],
  );
});

test("rule 5: a grant that has expired, is used up or revoked lets nothing through", async () => {
  const now = new Date();
  const { covered } = await granted();
  assert.equal(await use(covered, new Date(now.getTime() + HOUR + 1_000)), undefined);
  const once = await granted({ uses: 1 });
  assert.ok(await use(once.covered));
  assert.equal(await use(once.covered), undefined);
  const revoked = await granted();
  const path = `/v1/grants/${revoked.grant.id}?user_id=`;
  // Neither a stranger nor somebody who doesn't know it may.
  assert.equal((await stage.send("DELETE", `${path}eve`)).status, 404);
  assert.ok(await use(revoked.covered));
  assert.equal((await stage.send("DELETE", `${path}ada`)).status, 204);
  assert.equal(await use(revoked.covered), undefined);
  assert.equal((await stage.send("DELETE", `${path}ada`)).status, 404);
});

test("rule 5: a grant that is revoked while calls use it lets none through afterwards", async () => {
  const { covered, grant } = await granted();
  const racing = Array.from({ length: 10 }, () => use(covered));
  await stage.send("DELETE", `/v1/grants/${grant.id}?user_id=ada`);
  await Promise.all(racing);
  assert.equal(await use(covered), undefined);
});

for (const [what, call] of [
  ["tier guarded", { tier: "guarded", rule: { approvers: [bob] } }],
  ["tier dashboard", { tier: "dashboard", rule: { approvers: [bob] } }],
  ["a rule without grants", { rule: { approvers: [bob], grants: false } }],
  ["a rule that takes two people", { rule: { approvers: [bob, cyd], quorum: 2 } }],
] as const)
  test(`rule 5: with ${what} nobody grants, and the attempt consents to nothing`, async () => {
    const approval = await waitingCall(stage.sql, {
      ...call,
      rule: { ...call.rule, approvers: ["api:ops%2Fbob", "api:ops%2Fcyd"] },
    });
    const scopes = new Set(["approvals", "approvals:dashboard"]);
    for (const actor of ["api:ops%2Fbob", "api:ops%2Fcyd"])
      await assertRefused(stage, approval, actor, "forbidden", () =>
        says(approval, actor, { scopes, grant: HOURLY }),
      );
    const grants = await stage.sql`select 1 from grants where approval_id = ${approval.id}`;
    assert.equal(grants.length, 0);
  });

test("rule 5: who is no approver grants nothing, nor does an edit, an answer, or an acceptance that came too late", async () => {
  const approval = await waitingCall(stage.sql, { rule: { approvers: [bob] } });
  await assertRefused(stage, approval, ada, "forbidden", () =>
    says(approval, ada, { grant: HOURLY }),
  );
  await says(approval, bob, { review: { type: "reject" }, grant: HOURLY });
  await assertRefused(stage, approval, bob, "conflict", () =>
    says(approval, bob, { grant: HOURLY }),
  );
  const grants = await stage.sql`select 1 from grants where approval_id = ${approval.id}`;
  assert.equal(grants.length, 0);
  const path = `/v1/approvals/${(await waitingCall(stage.sql)).id}/decision`;
  for (const grant of [
    { scope: "session", expires_in_seconds: 1e9 },
    { scope: "session", expires_in_seconds: -1 },
    { scope: "session", expires_in_seconds: 60, uses: 0 },
    { scope: "session", expires_in_seconds: 60, uses: 1.5 },
    { scope: "everywhere", expires_in_seconds: 60 },
    { scope: "session", expires_in_seconds: 60, requester: "eve" },
    { scope: "session", expires_in_seconds: 60, tool: "*" },
  ]) {
    const sent = await stage.send("POST", path, { user_id: "ada", type: "accept", grant });
    assert.equal(sent.status, 422, JSON.stringify(grant));
  }
});
