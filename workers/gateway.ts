import { openCore } from "./open-core.ts";
import { platforms } from "./platforms.ts";
import { runProcess } from "./process.ts";
import { coreChecks, startHealth } from "./start-api.ts";
import { startGateway } from "./start-gateway.ts";

/** Listens to the platforms: stores what comes in, then acknowledges it. `node workers/gateway.ts`. */
await runProcess("gateway", async (config, log) => {
  await using opening = new AsyncDisposableStack();
  const open = opening.use(await openCore(config, log, "gateway"));
  const adapters = await platforms(config);
  opening.use(startGateway(open, adapters));
  opening.use(await startHealth(config, coreChecks(open)));
  log.info({ platforms: [...adapters.keys()] }, "ready");
  return opening.move();
});
