import { hostname } from "node:os";
import { join } from "node:path";
import { openDatabase } from "#db/client.ts";
import { migrate } from "#db/migrate.ts";
import type { Tool } from "../src/agent/tool.ts";
import type { CheckArgs } from "../src/approvals/decide.ts";
import { builtInPolicy } from "../src/approvals/policy.ts";
import type { Config } from "../src/config.ts";
import { compileCheck } from "../src/forms/check-args.ts";
import type { Log } from "../src/log.ts";
import { openAnnouncements } from "../src/ports/announcements.ts";
import { openLiveState } from "../src/ports/live-state.ts";
import { openQueue } from "../src/ports/queue.ts";
import type { Core } from "../src/runs/core.ts";
import { ownTools } from "./own-tools.ts";

export type OpenCore = { core: Core; databaseUrl: string; holder: string } & AsyncDisposable;

/** Opens what every process needs: the database (embedded where none is given), queue, live state, announcements. */
export async function openCore(config: Config, log: Log, name: string): Promise<OpenCore> {
  await using opening = new AsyncDisposableStack();
  let databaseUrl = config.DATABASE_URL;
  if (databaseUrl === undefined) {
    const { startEmbeddedPostgres } = await import("#db/embedded.ts");
    const embedded = opening.use(
      await startEmbeddedPostgres({
        dataDir: join(config.DATA_DIR, "postgres"),
        log: (line) => log.info(line),
      }),
    );
    databaseUrl = embedded.url;
  }
  await migrate(databaseUrl);
  const sql = openDatabase(databaseUrl, { name: `countersign-${name}`, max: 20 });
  opening.defer(() => sql.end({ timeout: 2 }));
  const redis = config.REDIS_URL === undefined ? undefined : { redisUrl: config.REDIS_URL };
  const [queue, announcements, liveState] = await Promise.all([
    openQueue("runs", redis ?? { databaseUrl }),
    openAnnouncements(redis ?? { databaseUrl }),
    openLiveState(redis ?? { sql }),
  ]);
  for (const port of [queue, announcements, liveState]) opening.use(port);
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
      policy: builtInPolicy,
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
