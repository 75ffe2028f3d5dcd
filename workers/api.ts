import { openCore } from "./open-core.ts";
import { runProcess } from "./process.ts";
import { coreChecks, refuseOpenWithoutKeys, startApi } from "./start-api.ts";

/** HTTP alone: takes runs in, shows them, takes decisions. `node workers/api.ts`. */
await runProcess("api", async (config, log) => {
  refuseOpenWithoutKeys(config);
  await using opening = new AsyncDisposableStack();
  const open = opening.use(await openCore(config, log, "api"));
  const api = opening.use(await startApi(open, config.MODEL ?? "", coreChecks(open)));
  log.info({ url: api.url }, "ready");
  return opening.move();
});
