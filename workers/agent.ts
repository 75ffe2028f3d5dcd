import { openCore } from "./open-core.ts";
import { runProcess } from "./process.ts";
import { startAgent } from "./start-agent.ts";
import { coreChecks, startHealth } from "./start-api.ts";

/** Executes runs. As many of these processes as there is work. `node workers/agent.ts`. */
await runProcess("agent", async (config, log) => {
  await using opening = new AsyncDisposableStack();
  const open = opening.use(await openCore(config, log, "agent"));
  const agent = opening.use(await startAgent(open));
  opening.use(await startHealth(config, [...coreChecks(open), ...agent.checks()]));
  log.info({ models: agent.models.map((model) => model.name) }, "ready");
  return opening.move();
});
