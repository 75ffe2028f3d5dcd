import { openCore } from "./open-core.ts";
import { runProcess } from "./process.ts";
import { coreChecks, startHealth } from "./start-api.ts";
import { startJanitor } from "./start-janitor.ts";

/** Recovers runs of dead workers, adds lost jobs, expires approvals and sessions. `node workers/janitor.ts`. */
await runProcess("janitor", async (config, log) => {
  await using opening = new AsyncDisposableStack();
  const open = opening.use(await openCore(config, log, "janitor"));
  opening.use(startJanitor(open.core));
  opening.use(await startHealth(config, coreChecks(open)));
  log.info("ready");
  return opening.move();
});
