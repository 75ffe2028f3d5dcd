import { hostname } from "node:os";
import type { Sql } from "#db/client.ts";
import { writeAudit } from "#db/queries/audit.ts";
import type { Tool } from "../src/agent/tool.ts";
import type { CheckArgs } from "../src/approvals/decide.ts";
import { openPolicyStore, type PolicyStore } from "../src/approvals/policy-store.ts";
import type { Config } from "../src/config.ts";
import { compileCheck } from "../src/forms/check-args.ts";
import type { Log } from "../src/log.ts";
import { openAnnouncements } from "../src/ports/announcements.ts";
import { openLiveState } from "../src/ports/live-state.ts";
import { openQueue } from "../src/ports/queue.ts";
import type { Core } from "../src/runs/core.ts";
import { openDatabaseOf } from "./open-database.ts";
import { ownTools } from "./own-tools.ts";

export type OpenCore = { core: Core; databaseUrl: string; holder: string } & AsyncDisposable;

/** Opens what every process needs: the database (embedded where none is given), queue, live state, announcements. */
export async function openCore(config: Config, log: Log, name: string): Promise<OpenCore> {
  await using opening = new AsyncDisposableStack();
  const { sql, url: databaseUrl } = opening.use(await openDatabaseOf(config, log, name));
  const redis = config.REDIS_URL === undefined ? undefined : { redisUrl: config.REDIS_URL };
  const [queue, announcements, liveState] = await Promise.all([
    openQueue("runs", redis ?? { databaseUrl }),
    openAnnouncements(redis ?? { databaseUrl }),
    openLiveState(redis ?? { sql }),
  ]);
  for (const port of [queue, announcements, liveState]) opening.use(port);
  const policies = opening.use(followPolicies(config, log, sql));
  const tools: ReadonlyMap<string, Tool> = ownTools(config);
  const stack = opening.move();
  return {
    core: {
      config,
      log,
      sql,
      queue,
      announcements,
      liveState,
      policies,
      clock: () => new Date(),
      directoryOf: () => undefined,
      tools: () => tools,
      checkArgs: cachedCheck(),
    },
    databaseUrl,
    holder: `${name}-${hostname()}-${process.pid}-${Date.now().toString(36)}`,
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

/** The policies, followed in their file; what becomes of it stands in the audit. */
function followPolicies(config: Config, log: Log, sql: Sql): PolicyStore {
  const note = (action: string, detail: Record<string, unknown>) =>
    sql.begin((tx) => writeAudit(tx, { action, detail }));
  return openPolicyStore({
    path: config.COUNTERSIGN_CONFIG,
    initial: config.file.policies,
    parse: (text) => config.parseFile(text),
    log,
    onFault: (fault) => note("policy.fault", { fault }),
    onReload: () => note("policy.reloaded", {}),
  });
}

/** Compiling a schema costs milliseconds; approvals of one tool share it. */
function cachedCheck(): CheckArgs {
  const compiled = new Map<string, ReturnType<typeof compileCheck>>();
  return (schema, args) => {
    const key = JSON.stringify(schema);
    const check = compiled.get(key) ?? compileCheck(schema);
    if (compiled.size >= 200) compiled.clear();
    compiled.set(key, check);
    return check(args);
  };
}
