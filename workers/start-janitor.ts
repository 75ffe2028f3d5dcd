import { setTimeout as sleep } from "node:timers/promises";
import type { Core } from "../src/runs/core.ts";
import { recover } from "../src/runs/recover.ts";
import { defaultTtl } from "../src/sessions/expiry.ts";

const ROUND_MS = 500;

/** Goes round until disposed of; a round that fails is logged and the next one tries again. */
export function startJanitor(core: Core): AsyncDisposable {
  const ending = new AbortController();
  const rounds = goRound(core, ending.signal);
  return {
    async [Symbol.asyncDispose]() {
      ending.abort();
      await rounds;
    },
  };
}

async function goRound(core: Core, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      const done = await recover(core, await defaultTtl(core.sql, core.config.SESSION_TTL_SECONDS));
      if (done.requeued + done.climbed + done.closed > 0) core.log.info(done, "recovered");
    } catch (error) {
      core.log.error({ error }, "the janitor's round failed");
    }
    await sleep(ROUND_MS, undefined, { signal }).catch(() => {});
  }
}
