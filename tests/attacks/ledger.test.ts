import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { acquireLease } from "#db/queries/leases.ts";
import type { Approval } from "#db/schema/approvals.ts";
import { LeaseLostError } from "#src/errors.ts";
import { newId } from "#src/ids.ts";
import { addJob } from "#src/runs/core.ts";
import { openLedger } from "#src/runs/ledger.ts";
import { until } from "#tests/support/until.ts";
import { waitingCall } from "#tests/support/waiting-call.ts";
import { assertRefused } from "./refused.ts";
import { ada, bearer, keysOf, openStage, type Stage } from "./stage.ts";

const PAY = { name: "transfer", args: { to: "ada", amount: 10 } };
const user = "api:app%2Fada";
let stage: Stage;

before(async () => {
  stage = await openStage({
    env: { API_KEYS: keysOf({ app: "runs+approvals" }) },
    file: `
policies:
  rules:
    - { name: guarded, match: { tool: wipe }, approvers: ["api:app/bob"], exclude_requester: true }
    - { name: rest, match: {} }
`,
  });
});
beforeEach(() => {
  stage.tools.run = async () => "ran";
});
after(() => stage[Symbol.asyncDispose]());

const ranIn = (runId: string) => stage.ran.filter(({ key }) => key.startsWith(`${runId}/`));

/** A call that had its effect and never answered: what people are asked about it. */
async function lost(call: typeof PAY, by = user) {
  stage.tools.run = () => new Promise(() => {});
  const run = await stage.ask([call], { user });
  const [approval] = await stage.waiting(run);
  await stage.decide(approval, { actor: by });
  const unknown = await until("it is asked what became of it", async () => {
    const [row] = await stage.sql<Approval[]>`
      select a.* from approvals a join runs r on r.id = a.run_id
      where run_id = ${run.id} and kind = 'outcome_unknown' and r.status = 'waiting'`;
    return row;
  });
  return { run, approval, unknown };
}

test("rule 16: a call that was cut off is not run again by itself, however often its run is woken", async () => {
  const { run, unknown } = await lost(PAY);
  for (let wake = 0; wake < 5; wake++)
    await addJob(stage.core, { runId: run.id, jobId: `${run.id}-again${wake}` });
  await stage.decide(unknown, { review: { type: "reject" } });
  await stage.ended(run);
  assert.equal(ranIn(run.id).length, 1);
  const told = stage.prompts.at(-1)?.messages.at(-1)?.text ?? "";
  assert.match(told, /not known whether this call took effect, and it was not run again/);
});

test("rule 16: ten people who say at once that it should be run again run it once more, under the same key", async () => {
  const { run, unknown } = await lost(PAY);
  stage.tools.run = async () => "ran";
  const said = await Promise.allSettled(
    Array.from({ length: 10 }, () => stage.decide(unknown, {})),
  );
  assert.equal(said.filter(({ status }) => status === "fulfilled").length, 1);
  await stage.ended(run);
  const keys = ranIn(run.id).map(({ key }) => key);
  assert.deepEqual([keys.length, new Set(keys).size], [2, 1]);
});

test("rule 16: to run a guarded call again takes who had to approve it, not who asked for it", async () => {
  const { run, unknown } = await lost({ ...PAY, name: "wipe" }, "api:app%2Fbob");
  assert.equal(unknown.tier, "guarded");
  await assertRefused(stage, unknown, user, "forbidden", () =>
    stage.decide(unknown, { actor: user }),
  );
  const path = `/v1/approvals/${unknown.id}/decision`;
  const body = { user_id: "ada", type: "accept" };
  assert.equal((await stage.send("POST", path, body, bearer("app"))).status, 403);
  await stage.decide(unknown, { actor: "api:app%2Fbob", review: { type: "reject" } });
  await stage.ended(run);
  assert.equal(ranIn(run.id).length, 1);
});

test("rule 16: whether it ran can't be answered with other arguments, nor granted", async () => {
  const { run, unknown } = await lost(PAY);
  await assertRefused(stage, unknown, user, "invalid", () =>
    stage.decide(unknown, { review: { type: "edit", args: { to: "eve", amount: 1 } } }),
  );
  await assertRefused(stage, unknown, user, "forbidden", () =>
    stage.decide(unknown, { grant: { scope: "session", expiresInMs: 1_000 } }),
  );
  const message = "it ran";
  await stage.decide(unknown, { review: { type: "respond", message } });
  await stage.ended(run);
  assert.equal(ranIn(run.id).length, 1);
});

test("rule 16: a worker whose lease another has taken starts nothing and writes nothing", async () => {
  const approval = await waitingCall(stage.sql, { requester: ada });
  const { runId, sessionId, place } = approval;
  const stale = (await acquireLease(stage.sql, sessionId, "first", 1)) ?? 0;
  await until("its lease is over", () => acquireLease(stage.sql, sessionId, "second", 60_000));
  const tool = stage.core.tools().get("transfer");
  assert.ok(tool);
  const ledger = openLedger(stage.core, {
    runId,
    sessionId,
    place,
    requester: ada,
    language: "en",
    attempt: 1,
    held: { name: sessionId, fence: stale },
    journal: { flush: async () => {}, emit() {}, close: async () => [] },
  } as never);
  const call = { key: `msg/${newId("run")}`, id: "call", tool, args: PAY.args, taint: [] };
  await assert.rejects(ledger.begin(call), LeaseLostError);
  await assert.rejects(ledger.finish(call, { ok: true, text: "ran" }), LeaseLostError);
  await assert.rejects(ledger.lose(call), LeaseLostError);
  const rows = await stage.sql`select 1 from tool_calls where run_id = ${runId}`;
  assert.equal(rows.length, 0);
});

test("rule 16: a call of which the ledger knows the result answers with that, whatever is approved later", async () => {
  const run = await stage.ask([PAY], { user });
  const [approval] = await stage.waiting(run);
  const { callKey, digest } = approval;
  await stage.sql`
    insert into tool_calls (run_id, call_key, tool, digest, state, attempt, result)
    values (${run.id}, ${callKey}, 'transfer', ${digest}, 'done', 1, 'ran before')`;
  await stage.decide(approval, {});
  await stage.ended(run);
  assert.deepEqual(ranIn(run.id), []);
  assert.equal(stage.prompts.at(-1)?.messages.at(-1)?.text, "ran before");
});
