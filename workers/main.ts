import { openCore } from "./open-core.ts";
import { runProcess } from "./process.ts";
import { startAgent } from "./start-agent.ts";
import { coreChecks, refuseOpenWithoutKeys, startApi } from "./start-api.ts";
import { startJanitor } from "./start-janitor.ts";
import { welcome } from "./welcome.ts";

/** All in one: API, agent, delivery and janitor in this process. `npm start`. */
await runProcess("main", async (config, log) => {
  refuseOpenWithoutKeys(config);
  await using opening = new AsyncDisposableStack();
  const open = opening.use(await openCore(config, log, "main"));
  opening.use(startJanitor(open.core));
  const agent = opening.use(await startAgent(open));
  const modelNames = agent.models.map((model) => model.name).join(", ");
  const api = opening.use(
    await startApi(open, modelNames, [...coreChecks(open), ...agent.checks()]),
  );
  process.stdout.write(welcome(config, { url: api.url, models: modelNames, mcp: agent.mcp() }));
  return opening.move();
});
