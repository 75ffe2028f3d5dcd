import type { Adapter } from "../src/adapter.ts";
import type { Config } from "../src/config.ts";

/** The platforms that are configured, by the first part of their places. One without its secrets is off. */
export async function platforms(_config: Config): Promise<ReadonlyMap<string, Adapter>> {
  return new Map();
}
