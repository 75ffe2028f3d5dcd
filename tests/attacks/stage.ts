import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Sql } from "#db/client.ts";
import type { Approval } from "#db/schema/approvals.ts";
import type { AuditRow } from "#db/schema/audit.ts";
import type { Run } from "#db/schema/runs.ts";
import type { Directory, Standing } from "#src/adapter.ts";
import { policyFaults } from "#src/approvals/compile-policy.ts";
import { type Decision, decide } from "#src/approvals/decide.ts";
import { readConfig } from "#src/config.ts";
import { type Actor, address } from "#src/events.ts";
import { createApp } from "#src/http/app.ts";
import { openLog } from "#src/log.ts";
import { openRateLimit } from "#src/ports/rate-limit.ts";
import { addJob, type Core } from "#src/runs/core.ts";
import { openFeed } from "#src/runs/follow-run.ts";
import { submit } from "#src/runs/submit.ts";
import { testDatabase } from "#tests/support/database.ts";
import type { ModelReply, ModelRequest } from "#tests/support/model-script.ts";
import { startOpenAiStandIn } from "#tests/support/openai-stand-in.ts";
import { until } from "#tests/support/until.ts";
import { openCore } from "#workers/open-core.ts";
import { startAgent } from "#workers/start-agent.ts";
import { startJanitor } from "#workers/start-janitor.ts";
import { type Doing, dangerousTools } from "./dangerous-tools.ts";

/** What the scripted model asks for: the text of a run's input, as JSON. `args` as a text is sent as it is. */
export type Asked = { name: string; args: object | string; id?: string }[];

export type Sent = { status: number; body: Record<string, unknown>; text: string };

export type Stage = Doing & {
  core: Core;
  sql: Sql;
  databaseUrl: string;
  /** What the model was asked, the newest last. */
  prompts: ModelRequest[];
  /** The clock and the people that everything goes by. */
  at: { now?: Date };
  people: { directory?: Directory };
  /** A run in which the model asks for these calls, in a session of its own unless one is named. */
  ask(calls: Asked, more?: { user?: Actor; session?: string; text?: string }): Promise<Run>;
  /** Its approvals, once it waits. */
  waiting(run: Run): Promise<[Approval, ...Approval[]]>;
  ended(run: Run): Promise<Run>;
  standing(approval: Approval): Promise<Approval>;
  /** Decides by the engine and wakes the run. */
  decide(approval: Approval, decision: Partial<Decision>): Promise<Approval>;
  /** A request as it comes in over loopback; a text is sent as it is. */
  send(
    method: string,
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
  ): Promise<Sent>;
  audit(approval: Pick<Approval, "id">): Promise<AuditRow[]>;
} & AsyncDisposable;

export const [ada, bob, cyd, eve] = ["ada", "bob", "cyd", "eve"].map((name) =>
  address("api", `local/${name}`),
) as [Actor, Actor, Actor, Actor];

/** The value of API_KEYS for keys `<name>-key` with these scopes. */
export function keysOf(scopes: Record<string, string>): string {
  const hash = (name: string) => createHash("sha256").update(`${name}-key`).digest("hex");
  return Object.entries(scopes)
    .map(([name, own]) => `${name}:${own}:${hash(name)}`)
    .join(",");
}

export const bearer = (name: string) => ({ authorization: `Bearer ${name}-key` });

/** The service with dangerous tools, a model that asks for whatever it is told to, and everything in this process. */
export async function openStage(
  given: { env?: Record<string, string>; file?: string } = {},
): Promise<Stage> {
  await using opening = new AsyncDisposableStack();
  const databaseUrl = given.env?.DATABASE_URL ?? opening.use(await testDatabase()).url;
  const model = opening.use(await startOpenAiStandIn(obey));
  const env = {
    LOG_LEVEL: "silent",
    MODEL: "openai:scripted",
    OPENAI_API_KEY: "scripted-key",
    OPENAI_BASE_URL: model.url,
    ...(given.file !== undefined && { COUNTERSIGN_CONFIG: await fileOf(given.file, opening) }),
    ...given.env,
    DATABASE_URL: databaseUrl,
  };
  const config = readConfig(env, policyFaults);
  const log = openLog({ level: config.LOG_LEVEL, name: "attacked", secrets: [] });
  const open = opening.use(await openCore(config, log, "attacked"));
  const { core } = open;
  const { sql } = core;
  const stage: Pick<Stage, "ran" | "tools" | "at" | "people"> = {
    ran: [],
    tools: { run: async () => "ran" },
    at: {},
    people: {},
  };
  const own = new Map([
    ...core.tools(),
    ...dangerousTools(stage).map((tool) => [tool.name, tool] as const),
  ]);
  core.tools = () => own;
  core.clock = () => stage.at.now ?? new Date();
  core.directoryOf = () => stage.people.directory;
  opening.use(await startAgent(open));
  opening.use(startJanitor(core));
  const feed = opening.adopt(openFeed(core.announcements), (one) => one[Symbol.dispose]());
  const rateLimit = opening.use(
    await openRateLimit({ sql }, { points: 1_000_000, perSeconds: 10 }),
  );
  const app = createApp({ core, feed, rateLimit, checks: [], modelName: "scripted" });
  const runOf = async (id: string) => {
    const [run] = await sql<Run[]>`select * from runs where id = ${id}`;
    assert.ok(run);
    return run;
  };
  const stack = opening.move();
  return {
    ...stage,
    core,
    sql,
    databaseUrl,
    prompts: model.requests,
    async ask(calls, { user = ada, session = crypto.randomUUID(), text = "" } = {}) {
      const { run } = await submit(core, {
        session: { kind: "external", owner: user, externalKey: session },
        requester: user,
        input: JSON.stringify({ calls, text }),
      });
      return run;
    },
    async waiting(run) {
      await until("it waits", async () => (await runOf(run.id)).status === "waiting");
      const found = await sql<Approval[]>`
        select * from approvals where run_id = ${run.id} and status = 'pending' order by id`;
      return found as unknown as [Approval, ...Approval[]];
    },
    ended: (run) =>
      until("it ends", async () => {
        const now = await runOf(run.id);
        return now.finishedAt !== null && now;
      }),
    async standing(approval) {
      const [now] = await sql<Approval[]>`select * from approvals where id = ${approval.id}`;
      assert.ok(now);
      return now;
    },
    async decide(approval, decision) {
      const { approval: decided, wake } = await decide(core, {
        approvalId: approval.id,
        actor: approval.requester,
        review: { type: "accept" },
        via: "test",
        ...decision,
      });
      await addJob(core, wake);
      return decided;
    },
    async send(method, path, body, headers = {}) {
      const raw = typeof body === "string" ? body : JSON.stringify(body);
      const response = await app.request(`http://127.0.0.1${path}`, {
        method,
        headers: {
          host: "127.0.0.1",
          ...(raw !== undefined && {
            "content-type": "application/json",
            "content-length": String(Buffer.byteLength(raw)),
          }),
          ...headers,
        },
        ...(raw !== undefined && { body: raw }),
      });
      const text = await response.text();
      const isJson = response.headers.get("content-type")?.includes("json");
      return { status: response.status, body: isJson ? JSON.parse(text) : {}, text };
    },
    audit: ({ id }) => sql<AuditRow[]>`select * from audit where approval_id = ${id} order by id`,
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

/** Does what the newest message of a person says; says so once tools have answered. */
function obey({ messages }: ModelRequest): ModelReply {
  const last = messages.at(-1);
  if (last?.role !== "user") return { text: `the model has read: ${last?.text}` };
  const { calls, text } = JSON.parse(last.text) as { calls: Asked; text: string };
  return { text, toolCalls: calls };
}

async function fileOf(text: string, opening: AsyncDisposableStack): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "attacked-"));
  opening.defer(() => rm(folder, { recursive: true }));
  const path = join(folder, "countersign.yaml");
  await writeFile(path, text);
  return path;
}

/** A platform that knows everybody alike; or does whatever else it is told to when it is asked. */
export function directoryOf(
  standing: Standing | (() => Promise<Standing>),
  inGroup: () => Promise<boolean> = async () => false,
): Directory {
  return {
    standing: typeof standing === "string" ? async () => standing : standing,
    inGroup,
    members: async () => [],
    nameOf: async (actor) => actor,
  };
}
