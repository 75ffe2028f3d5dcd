import { setTimeout as sleep } from "node:timers/promises";
import type { Adapter } from "../src/adapter.ts";
import { handle } from "../src/runs/handle.ts";
import { makeReceive } from "../src/runs/receive.ts";
import { sweepInbox } from "../src/runs/sweep-inbox.ts";
import type { OpenCore } from "./open-core.ts";

const SWEEP_MS = 5_000;

/** Hands what the platforms send to the core, and handles again what died on the way. */
export function startGateway(
  open: OpenCore,
  adapters: ReadonlyMap<string, Adapter>,
): AsyncDisposable {
  const { core, holder } = open;
  const { sql, log } = core;
  const ending = new AbortController();
  const { signal } = ending;
  const parts = {
    sql,
    log,
    handle: (inbound: Parameters<typeof handle>[1]) => handle(core, inbound),
  };
  const receive = makeReceive(parts);
  const running = [...adapters.values()].map((adapter) => adapter.start(receive, signal));
  const sweeping = sweep();

  async function sweep(): Promise<void> {
    while (!signal.aborted) {
      await sweepInbox({ ...parts, holder }, signal).catch((error) =>
        log.error({ error }, "the inbox could not be swept"),
      );
      await sleep(SWEEP_MS, undefined, { signal }).catch(() => {});
    }
  }

  return {
    async [Symbol.asyncDispose]() {
      ending.abort();
      await Promise.allSettled([...running, sweeping]);
    },
  };
}
