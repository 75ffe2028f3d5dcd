import { openCore } from "./open-core.ts";
import { platforms } from "./platforms.ts";
import { runProcess } from "./process.ts";
import { coreChecks, startHealth } from "./start-api.ts";
import { startDelivery } from "./start-delivery.ts";

/** Posts journals to the platforms. As many of these processes as there is work. `node workers/delivery.ts`. */
await runProcess("delivery", async (config, log) => {
  await using opening = new AsyncDisposableStack();
  const open = opening.use(await openCore(config, log, "delivery"));
  const adapters = await platforms(config);
  opening.use(startDelivery(open, adapters));
  opening.use(await startHealth(config, coreChecks(open)));
  log.info({ platforms: [...adapters.keys()] }, "ready");
  return opening.move();
});
