import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { after, before, test } from "node:test";
import { openDatabase, type Sql } from "#db/client.ts";
import type { Approval } from "#db/schema/approvals.ts";
import { decide } from "#src/approvals/decide.ts";
import type { Review } from "#src/events.ts";
import { testDatabase } from "../support/database.ts";
import { decideDeps, type WaitingCall, waitingCall } from "../support/waiting-call.ts";

const [ada, bob, cyd] = ["api:local%2Fada", "api:ops%2Fbob", "api:ops%2Fcyd"];
const asked = new Date("2026-03-02T12:00:00Z");
let database: Awaited<ReturnType<typeof testDatabase>>;
let sql: Sql;
let folder: string;

before(async () => {
  database = await testDatabase();
  sql = openDatabase(database.url);
  folder = await mkdtemp(join(tmpdir(), "backtest-"));
  await past();
});
after(async () => {
  await sql.end();
  await database[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

async function decided(call: WaitingCall, actor: string, review: Review, tookMs: number) {
  const approval = await waitingCall(sql, { now: asked, ...call });
  await decides(approval, actor, review, tookMs);
}

function decides(approval: Approval, actor: string, review: Review, tookMs: number) {
  const clock = () => new Date(asked.getTime() + tookMs);
  return decide(decideDeps(sql, clock), { approvalId: approval.id, actor, review, via: "test" });
}

/** 212 requests: 206 small ones that were accepted, 3 large ones that were rejected, an edit, a quorum, and one that waits. */
async function past(): Promise<void> {
  for (let at = 0; at < 206; at++)
    await decided({ args: { amount: at % 100 } }, ada, { type: "accept" }, at < 5 ? 900 : 9_000);
  for (const amount of [600, 700, 5_000])
    await decided({ args: { amount } }, ada, { type: "reject" }, 60_000);
  await decided({ args: { amount: 90 } }, ada, { type: "edit", args: { amount: 9 } }, 60_000);
  const two = { approvers: [bob, cyd], quorum: 2 };
  const quorum = await waitingCall(sql, { now: asked, rule: two, args: { amount: 800 } });
  await decides(quorum, bob, { type: "accept" }, 2_999);
  await decides(quorum, cyd, { type: "accept" }, 3_000);
  await waitingCall(sql, { now: asked, args: { amount: 900 } });
}

async function backtest(policies: string): Promise<{ out: string; error: string; code: number }> {
  const path = join(folder, "new.yaml");
  await writeFile(path, policies);
  const child = spawn(process.execPath, ["workers/policy-backtest.ts", path], {
    cwd: join(import.meta.dirname, "../.."),
    env: { PATH: process.env.PATH, DATABASE_URL: database.url, COUNTERSIGN_CONFIG: "" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const [out, error, code] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    new Promise<number>((resolve) => child.on("exit", (code) => resolve(code ?? -1))),
  ]);
  return { out, error, code };
}

test("policy:backtest tells how often a policy would have asked, whom, and that it missed no rejection", async () => {
  const { out, error, code } = await backtest(`
policies:
  groups: { finance: [api:ops/bob, api:ops/cyd] }
  rules:
    - name: large
      match: { tool: refund, when: args.amount > 500 }
      approvers: ["@finance"]
    - name: small
      match: { tool: refund }
      effect: run
`);
  assert.equal(error, "");
  assert.equal(
    out,
    `212 requests from 2026-03-02 to 2026-03-02.
It would have asked 5 times instead of 212, and missed none of the 3 rejections.
It would have run 207 unasked, and with that missed 1 of the 1 correction.
It would have denied 0, of which people had let 0 run.
Asked: @finance 5.
Decided in under 3 seconds: 6 of 212.
  ${ada}: 5 of 210
  ${bob}: 1 of 1
`,
  );
  assert.equal(code, 0);
});

test("policy:backtest names the rejections that a policy would have missed, and fails", async () => {
  const { out, code } = await backtest(`
policies:
  rules:
    - name: huge
      match: { when: args.amount > 1000 }
      effect: deny
    - name: most
      match: { when: args.amount >= 10 }
      effect: run
`);
  assert.match(
    out,
    /It would have asked 0 times instead of 212, and missed 2 of the 3 rejections\.\n/,
  );
  assert.match(out, /It would have denied 27, of which people had let 26 run\.\n/);
  assert.equal(out.match(/^Missed: refund \(apr_\S+\), by the rule "most"\.$/gm)?.length, 2);
  assert.equal(code, 1);
});

test("policy:backtest says what is wrong with the file", async () => {
  const { error, code } = await backtest("policies:\n  rules: []\n");
  assert.match(error, /new\.yaml:2: policies\.rules: Too small/);
  assert.equal(code, 1);
});
