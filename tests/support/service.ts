import { readConfig } from "#src/config.ts";
import { openLog } from "#src/log.ts";
import type { Core } from "#src/runs/core.ts";
import { openCore } from "../../workers/open-core.ts";
import { startAgent } from "../../workers/start-agent.ts";
import { startJanitor } from "../../workers/start-janitor.ts";
import { testDatabase } from "./database.ts";

export type TestService = { core: Core; databaseUrl: string } & AsyncDisposable;

/** The service's core, one agent worker and the janitor in this process, on a database of their own. */
export async function testService(env: Record<string, string> = {}): Promise<TestService> {
  await using opening = new AsyncDisposableStack();
  const databaseUrl = env.DATABASE_URL ?? opening.use(await testDatabase()).url;
  const config = readConfig({
    LOG_LEVEL: "warn",
    MODEL: "demo",
    ...env,
    DATABASE_URL: databaseUrl,
  });
  const log = openLog({ level: config.LOG_LEVEL, name: "test", secrets: [] });
  const open = opening.use(await openCore(config, log, "test"));
  opening.use(await startAgent(open));
  opening.use(startJanitor(open.core));
  const stack = opening.move();
  return { core: open.core, databaseUrl, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}
