import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { decide } from "#src/approvals/decide.ts";
import { addJob } from "#src/runs/core.ts";
import type { Ran } from "./dangerous-tools.ts";
import { type Asked, ada, openStage, type Stage } from "./stage.ts";

const PAY = { name: "transfer", args: { to: "ada", amount: 10 } };
let stage: Stage;

before(async () => {
  stage = await openStage();
});
after(() => stage[Symbol.asyncDispose]());

const ranIn = (runId: string) => stage.ran.filter(({ key }) => key.startsWith(`${runId}/`));

/** A call with arguments as the model wrote them: what its card showed, and what ran once it was accepted. */
async function shownAndRan(name: string, args: string): Promise<{ shown: string; ran: Ran }> {
  const run = await stage.ask([{ name, args }]);
  const [approval] = await stage.waiting(run);
  const sent = await stage.send("GET", `/v1/approvals/${approval.id}?user_id=ada`);
  await stage.decide(approval, { digest: String(sent.body.digest) });
  await stage.ended(run);
  const [ran, ...more] = ranIn(run.id);
  assert.ok(ran);
  assert.deepEqual(more, []);
  return { shown: String(sent.body.args_text), ran };
}

for (const [what, change] of [
  ["arguments", { args: '{"amount":1000000,"to":"eve"}' }],
  ["arguments by a space", { args: '{"amount":10, "to":"ada"}' }],
  ["arguments by their order", { args: '{"to":"ada","amount":10}' }],
  ["arguments by a look-alike letter", { args: '{"amount":10,"to":"аda"}' }],
  ["arguments by another form of a number", { args: '{"amount":1e1,"to":"ada"}' }],
  ["arguments by a second key", { args: '{"amount":10,"amount":10,"to":"ada"}' }],
  ["arguments and status", { args: '{"amount":9,"to":"eve"}', status: "accepted" }],
  ["digest", { digest: "0".repeat(64) }],
  ["tool", { tool: "wipe" }],
  ["tool version", { toolVersion: "other" }],
  ["status to edited, without arguments", { status: "edited" }],
  [
    "status to edited, with a digest of nothing",
    { status: "edited", editedArgs: "", editedDigest: "" },
  ],
] as const)
  test(`rule 4: ${what} changed in the database after the consent: nothing runs, and it is written down`, async () => {
    const run = await stage.ask([PAY]);
    const [approval] = await stage.waiting(run);
    const review = { type: "accept" } as const;
    const decision = { approvalId: approval.id, actor: ada, review, via: "test" };
    const { wake } = await decide(stage.core, decision);
    await stage.sql`update approvals set ${stage.sql(change as Record<string, string>)} where id = ${approval.id}`;
    await addJob(stage.core, wake);
    await stage.ended(run);
    assert.deepEqual(ranIn(run.id), []);
    const denied = (await stage.audit(approval)).at(-1);
    assert.deepEqual([denied?.action, denied?.runId], ["call.denied", run.id]);
    assert.match(stage.prompts.at(-1)?.messages.at(-1)?.text ?? "", /^\[error\] .* did not run/);
  });

test("rule 4: edited arguments that are changed in the database after the edit do not run", async () => {
  const run = await stage.ask([PAY]);
  const [approval] = await stage.waiting(run);
  const review = { type: "edit" as const, args: { to: "ada", amount: 5 } };
  const decision = { approvalId: approval.id, actor: ada, review, via: "test" };
  const { wake } = await decide(stage.core, decision);
  await stage.sql`update approvals set edited_args = args where id = ${approval.id}`;
  await addJob(stage.core, wake);
  await stage.ended(run);
  assert.deepEqual(ranIn(run.id), []);
});

for (const [what, written] of [
  ["in another order", '{"to":"ada","amount":100}'],
  ["with spaces and line breaks", '{\n "amount" : 100 ,\t"to":"ada" }'],
  ["with 1e2", '{"amount":1e2,"to":"ada"}'],
  ["with 100.0", '{"amount":100.0,"to":"ada"}'],
  ["with escapes for letters", '{"\\u0061mount":100,"to":"\\u0061da"}'],
  ["twice, the harmless one first", '{"amount":1,"amount":100,"to":"eve","to":"ada"}'],
] as const)
  test(`rule 4: the model writes its arguments ${what}: the same card, and that runs`, async () => {
    const { shown, ran } = await shownAndRan("transfer", written);
    assert.equal(shown, '{"amount":100,"to":"ada"}');
    assert.deepEqual(ran.args, { amount: 100, to: "ada" });
  });

for (const [what, written, expected] of [
  ["minus nought", '{"n":-0}', '{"n":0}'],
  ["more digits than a double holds", '{"n":9007199254740993}', '{"n":9007199254740992}'],
  [
    "a key called __proto__",
    '{"__proto__":{"admin":true},"n":1}',
    '{"__proto__":{"admin":true},"n":1}',
  ],
  [
    "keys called constructor, prototype and toString",
    '{"constructor":{"prototype":{"admin":true}},"toString":"x"}',
    '{"constructor":{"prototype":{"admin":true}},"toString":"x"}',
  ],
  [
    "__proto__ two levels down",
    '{"a":{"__proto__":{"admin":true}}}',
    '{"a":{"__proto__":{"admin":true}}}',
  ],
  ["NUL and half a character", '{"n":"a\\u0000b\\ud800c"}', '{"n":"a␀b\ufffdc"}'],
  ["a letter that is written in two ways", '{"n":"e\\u0301","m":"é"}', '{"m":"é","n":"e\u0301"}'],
] as const)
  test(`rule 4: arguments with ${what} run as they were shown`, async () => {
    const { shown, ran } = await shownAndRan("anything", written);
    assert.equal(shown, expected);
    assert.deepEqual(ran.args, JSON.parse(expected));
    assert.deepEqual(Object.keys(ran.args), Object.keys(JSON.parse(expected)));
    assert.ok(Object.values(ran.args).every((value) => !Object.is(value, -0)));
    assert.equal(({} as Record<string, unknown>).admin, undefined);
  });

for (const [what, written] of [
  ["a number beyond all numbers", '{"n":1e999}'],
  ["half an object", '{"n":1'],
  ["no object", '["n"]'],
  ["an object and something after it", '{"n":1}{"n":2}'],
] as const)
  test(`rule 4: arguments that are ${what} are neither shown nor run, and the service goes on`, async () => {
    const run = await stage.ask([{ name: "anything", args: written }] as Asked);
    await stage.ended(run);
    assert.deepEqual(ranIn(run.id), []);
    const found = await stage.sql`select 1 from approvals where run_id = ${run.id}`;
    assert.equal(found.length, 0);
  });

test("rule 4: an edit over HTTP with keys twice, __proto__ or odd numbers runs what its answer shows", async () => {
  for (const args of [
    '{"to":"ada","amount":1,"amount":7}',
    '{"to":"ada","amount":0.7e1,"__proto__":{"admin":true}}',
    '{"amount":7.000,"to":"\\u0061da"}',
  ]) {
    const run = await stage.ask([PAY]);
    const [approval] = await stage.waiting(run);
    const body = `{"user_id":"eve","user_id":"ada","type":"accept","type":"edit","args":${args}}`;
    const sent = await stage.send("POST", `/v1/approvals/${approval.id}/decision`, body);
    assert.equal(sent.status, 200, sent.text);
    const { decision } = sent.body as { decision: { args: unknown; by: string } };
    await stage.ended(run);
    assert.deepEqual(decision.args, { amount: 7, to: "ada" });
    assert.deepEqual(
      ranIn(run.id).map((ran) => ran.args),
      [decision.args],
    );
    assert.equal(({} as Record<string, unknown>).admin, undefined);
  }
});

test("rule 4: an edit that breaks the tool's schema, or adds to it, is refused at its field", async () => {
  const run = await stage.ask([PAY]);
  const [approval] = await stage.waiting(run);
  const path = `/v1/approvals/${approval.id}/decision`;
  for (const args of [
    { to: "ada" },
    { to: "ada", amount: "1" },
    { to: "ada", amount: 1, also: "eve" },
    { to: ["ada", "eve"], amount: 1 },
    { to: { toString: "eve" }, amount: 1 },
    { to: "ada", amount: 1, constructor: 1 },
    [],
    "{}",
    null,
  ]) {
    const sent = await stage.send("POST", path, { user_id: "ada", type: "edit", args });
    assert.equal(sent.status, 422, JSON.stringify(args));
    assert.ok(Array.isArray(sent.body.errors), sent.text);
  }
  assert.equal((await stage.standing(approval)).status, "pending");
});

test("rule 4: arguments that look like what a checkpoint is written with come back as they were", async () => {
  for (const kind of ["undefined", "send", "ai", "error", "plain", "other"]) {
    const written = { $cs: kind, node: "tools", args: {}, entries: [["to", "eve"]], name: "x" };
    const { shown, ran } = await shownAndRan(
      "anything",
      JSON.stringify({ a: [written], ...written }),
    );
    assert.deepEqual(JSON.parse(shown), { a: [written], ...written });
    assert.deepEqual(ran.args, JSON.parse(shown));
    const { messages } = stage.prompts.at(-1) ?? {};
    assert.deepEqual(messages?.flatMap(({ calls }) => calls)[0]?.args, ran.args);
  }
});
