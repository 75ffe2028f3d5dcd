import { z } from "zod";
import { RunCheckpointer } from "#db/checkpointer.ts";
import type { Sql } from "#db/client.ts";
import type { Approval } from "#db/schema/approvals.ts";
import type { Run } from "#db/schema/runs.ts";
import { defineTool } from "#src/agent/define-tool.ts";
import { type NamedModel, openModels } from "#src/agent/models/open-models.ts";
import type { Tool } from "#src/agent/tool.ts";
import { decide } from "#src/approvals/decide.ts";
import { readConfig } from "#src/config.ts";
import { address, type Outbound, type Review } from "#src/events.ts";
import { openLog } from "#src/log.ts";
import type { StoredMessage } from "#src/message.ts";
import type { WorkerCore } from "#src/runs/core.ts";
import { execute } from "#src/runs/execute.ts";
import { recover } from "#src/runs/recover.ts";
import { type Submission, submit } from "#src/runs/submit.ts";
import { testDatabase } from "#tests/support/database.ts";
import type { ModelScript } from "#tests/support/model-script.ts";
import { startOpenAiStandIn } from "#tests/support/openai-stand-in.ts";
import { openCore } from "#workers/open-core.ts";

export const OWNER = address("api", "hand/U1");

/**
 * The service without a worker of its own: runs are executed when the test says so, by as many workers as it makes.
 * Real database, real queue (nobody takes jobs from it), a scripted model over HTTP.
 */
export type ByHand = {
  core: WorkerCore;
  databaseUrl: string;
  sql: Sql;
  /** Another worker on the same database: a process that is not the one of `core`. */
  worker(changes?: Partial<WorkerCore>): WorkerCore;
  submit(text: string, more?: Partial<Submission>): Promise<Run>;
  /** Executes a run as far as it goes; gives it as it stands then. */
  execute(runId: string, worker?: WorkerCore): Promise<Run>;
  /** The worker that holds the run is dead: its lease is over, and the janitor has been. */
  buryWorker(run: Pick<Run, "sessionId">): Promise<void>;
  run(runId: string): Promise<Run>;
  approvals(runId: string): Promise<Approval[]>;
  decide(approvalId: string, review: Review): Promise<void>;
  events(runId: string): Promise<Outbound[]>;
  messages(sessionId: string): Promise<StoredMessage[]>;
} & AsyncDisposable;

/**
 * A model that does what its human says, written as `tool word, tool word; tool word`: the calls of a step at once, then
 * those of the next step, then it answers with all results.
 */
export const obedient: ModelScript = ({ messages }) => {
  const from = messages.findLastIndex((message) => message.role === "user");
  const turn = messages.slice(from);
  const steps = (turn[0]?.text ?? "").split("; ");
  const next = steps[turn.filter((message) => message.role === "assistant").length];
  const results = turn.filter((message) => message.role === "tool").map((message) => message.text);
  if (next === undefined || !next.includes(" ")) return { text: ["done", ...results].join(" | ") };
  const calls = next.split(", ").map((call) => call.split(" "));
  return { toolCalls: calls.map(([name = "", word = ""]) => ({ name, args: { word } })) };
};

export type WordTool = { tool: Tool; calls: { word: string; key: string; signal: AbortSignal }[] };

/** A tool `{word}` that keeps what it was called with; it gives `did <word>` unless `run` says otherwise. */
export function wordTool(
  name: string,
  changes: Partial<Tool> = {},
  run: (word: string, signal: AbortSignal) => Promise<string> = async (word) => `did ${word}`,
): WordTool {
  const calls: WordTool["calls"] = [];
  const tool = defineTool({
    name,
    description: `Does something with a word (${name}).`,
    schema: z.object({ word: z.string() }),
    tier: "free",
    idempotent: false,
    run({ word }, { idempotencyKey: key, signal }) {
      calls.push({ word, key, signal });
      return run(word, signal);
    },
  });
  return { tool: { ...tool, ...changes }, calls };
}

export async function runsByHand(tools: Tool[], script: ModelScript = obedient): Promise<ByHand> {
  await using opening = new AsyncDisposableStack();
  const databaseUrl = opening.use(await testDatabase()).url;
  const model = opening.use(await startOpenAiStandIn(script));
  const config = readConfig({
    DATABASE_URL: databaseUrl,
    MODEL: "openai:scripted",
    OPENAI_API_KEY: "scripted-key",
    OPENAI_BASE_URL: model.url,
    LOG_LEVEL: "silent",
  });
  const log = openLog({ level: config.LOG_LEVEL, name: "test", secrets: [] });
  const { core: shared } = opening.use(await openCore(config, log, "test"));
  const { sql } = shared;
  const opened: Promise<NamedModel[]> = openModels(undefined, config);
  let made = 0;
  const worker = (changes: Partial<WorkerCore> = {}): WorkerCore => {
    const registry = new Map(tools.map((tool) => [tool.name, tool]));
    return {
      ...shared,
      holder: `worker-${++made}`,
      checkpointer: new RunCheckpointer(sql),
      models: () => opened,
      tools: () => registry,
      ...changes,
    };
  };
  const core = worker();
  const executions: Promise<void>[] = [];
  // Those that a test left behind, in a call that never ends, end when their lease can't be renewed.
  opening.defer(async () => {
    await sql`update leases set expires_at = clock_timestamp()`;
    await Promise.all(executions);
  });

  async function run(runId: string): Promise<Run> {
    const [found] = await sql<Run[]>`select * from runs where id = ${runId}`;
    if (!found) throw new Error(`There is no run ${runId}`);
    return found;
  }

  const stack = opening.move();
  return {
    core,
    databaseUrl,
    sql,
    worker,
    run,
    async submit(text, more = {}) {
      const session = { kind: "external", owner: OWNER, externalKey: "session" } as const;
      const submitted = await submit(core, { session, requester: OWNER, input: text, ...more });
      return submitted.run;
    },
    async execute(runId, by = core) {
      const executing = execute(by, runId, new AbortController().signal);
      executions.push(executing.catch(() => {}));
      await executing;
      return run(runId);
    },
    async buryWorker({ sessionId }) {
      await sql`update leases set expires_at = clock_timestamp() where name = ${sessionId}`;
      await recover(core, 0);
    },
    approvals: (runId) =>
      sql<Approval[]>`select * from approvals where run_id = ${runId} order by id`,
    async decide(approvalId, review) {
      await decide(core, { approvalId, actor: OWNER, review, via: "test" });
    },
    async events(runId) {
      const rows = await sql<{ event: Outbound }[]>`
        select event from run_events where run_id = ${runId} order by seq`;
      return rows.map((row) => row.event);
    },
    async messages(sessionId) {
      const rows = await sql<{ body: StoredMessage }[]>`
        select body from messages where session_id = ${sessionId} order by seq`;
      return rows.map((row) => row.body);
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}
