import type { Adapter } from "../src/adapter.ts";
import { startDeliveryLoop } from "../src/runs/delivery-loop.ts";
import type { OpenCore } from "./open-core.ts";

/** Delivers to the platforms that there are; with none it does nothing. */
export function startDelivery(
  open: OpenCore,
  adapters: ReadonlyMap<string, Adapter>,
): AsyncDisposable {
  if (adapters.size === 0) return { async [Symbol.asyncDispose]() {} };
  const { sql, announcements, log } = open.core;
  return startDeliveryLoop({ sql, announcements, log, adapters, holder: open.holder });
}
