import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readConfig } from "#src/config.ts";
import { address } from "#src/events.ts";
import { openLog } from "#src/log.ts";
import type { Core } from "#src/runs/core.ts";
import { type Submitted, submit } from "#src/runs/submit.ts";
import { testDatabase } from "#tests/support/database.ts";
import type { ModelScript } from "#tests/support/model-script.ts";
import { startOpenAiStandIn } from "#tests/support/openai-stand-in.ts";
import { startWorker, type WorkerProcess } from "#tests/support/process.ts";
import { openCore } from "#workers/open-core.ts";
import { type ActingServer, startActingServer } from "./acting-server.ts";

/** Who submits everything here. */
export const ACTOR = address("api", "chaos/U1");

/**
 * What the processes of a test share: database, queue, a scripted model, a tool that is seen to act. This process has
 * a core of its own, to submit and decide with; runs are executed by the processes that are started.
 */
export type Fleet = {
  core: Core;
  acting: ActingServer;
  databaseUrl: string;
  /** Starts a process on what is shared and waits until it is ready; it ends with the fleet where it still runs. */
  start(name: "agent" | "api" | "janitor", env?: Record<string, string>): Promise<WorkerProcess>;
  submit(session: string, text: string): Promise<Submitted>;
} & AsyncDisposable;

export type FleetOptions = {
  /** Whether the tool may run twice; if not, the ledger guards it. */
  idempotent: boolean;
  /** Whether the tool asks before it acts. */
  asks?: boolean;
  /** How long the tool takes, ms. */
  takesMs?: () => number;
  /** How often a run calls the tool, one after the other. */
  steps?: number;
  redisUrl?: string;
};

export async function startFleet(options: FleetOptions): Promise<Fleet> {
  await using opening = new AsyncDisposableStack();
  const { redisUrl, takesMs = () => 50 + Math.random() * 450 } = options;
  const databaseUrl = opening.use(await testDatabase()).url;
  const acting = opening.use(await startActingServer(takesMs));
  const model = opening.use(await startOpenAiStandIn(callThenTell(options.steps ?? 1)));
  const folder = mkdtempSync(join(tmpdir(), "countersign-chaos-"));
  opening.defer(() => rmSync(folder, { recursive: true }));
  const configFile = join(folder, "countersign.yaml");
  writeFileSync(configFile, JSON.stringify({ mcp: { acting: entryOf(acting.url, options) } }));
  const env = {
    DATABASE_URL: databaseUrl,
    ...(redisUrl && { REDIS_URL: redisUrl }),
    MODEL: "openai:scripted",
    OPENAI_API_KEY: "scripted-key",
    OPENAI_BASE_URL: model.url,
  };
  const config = readConfig({ ...env, LOG_LEVEL: "silent" });
  const log = openLog({ level: config.LOG_LEVEL, name: "test", secrets: [] });
  const { core } = opening.use(await openCore(config, log, "test"));
  const stack = opening.move();
  return {
    core,
    acting,
    databaseUrl,
    start: async (name, more = {}) =>
      stack.use(await startWorker(name, { ...env, COUNTERSIGN_CONFIG: configFile, ...more })),
    submit: (session, text) =>
      submit(core, {
        session: { kind: "external", owner: ACTOR, externalKey: session },
        requester: ACTOR,
        input: text,
      }),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

function entryOf(url: string, { idempotent, asks = false }: FleetOptions) {
  return {
    transport: "http",
    url,
    allow_private: true,
    free: asks ? [] : ["act"],
    idempotent: idempotent ? ["act"] : [],
  };
}

/** A model that calls the tool so often for what its human says, then tells what it has done. */
function callThenTell(steps: number): ModelScript {
  return ({ messages }) => {
    const from = messages.findLastIndex((message) => message.role === "user");
    const text = messages[from]?.text ?? "";
    const done = messages.slice(from).filter((message) => message.role === "tool").length;
    if (done < steps) return { toolCalls: [{ name: "act", args: { text, step: done + 1 } }] };
    return { text: `done ${text}` };
  };
}
