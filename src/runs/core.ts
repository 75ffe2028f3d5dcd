import type { RunCheckpointer } from "#db/checkpointer.ts";
import type { Sql } from "#db/client.ts";
import type { Wake } from "#db/queries/wake-run.ts";
import type { Directory } from "../adapter.ts";
import type { NamedModel } from "../agent/models/open-models.ts";
import type { Tool } from "../agent/tool.ts";
import type { CheckArgs } from "../approvals/decide.ts";
import type { PolicyStore } from "../approvals/policy-store.ts";
import type { Config } from "../config.ts";
import { messageOf } from "../errors.ts";
import type { Actor } from "../events.ts";
import type { Log } from "../log.ts";
import type { Announcements } from "../ports/announcements.ts";
import type { LiveState } from "../ports/live-state.ts";
import type { Queue } from "../ports/queue.ts";

/** What the parts of the service are handed; put together in workers/. */
export type Core = {
  config: Config;
  log: Log;
  sql: Sql;
  queue: Queue;
  announcements: Announcements;
  liveState: LiveState;
  /** What becomes of a call: the configured policy as it is now, or the built-in rules. */
  policies: PolicyStore;
  /** The present time: what expires, reminds and grants goes by it. */
  clock(): Date;
  /** Who knows the people of this actor's platform; undefined where nobody does. */
  directoryOf(actor: Actor): Directory | undefined;
  /** The registry: every tool by name, MCP tools included; a new map whenever it changed. */
  tools(): ReadonlyMap<string, Tool>;
  checkArgs: CheckArgs;
};

/** A worker that executes runs needs these as well. */
export type WorkerCore = Core & {
  /** This process, in leases. */
  holder: string;
  checkpointer: RunCheckpointer;
  /** The models of a spec as MODEL holds it; undefined: the configured ones. */
  models(spec: string | undefined): Promise<NamedModel[]>;
};

/** What a process hears of at once, where it listens; PostgreSQL says the same to those who ask. */
export const TOPICS = {
  /** `{ runId, sessionId, seq }`: the journal has grown. */
  journal: "journal",
  /** `{ runId, message, from, text }`: text that is not in the journal yet. */
  live: "live",
  /** `{ runId }`: look at the run again: stop, or take in what steers it. */
  attention: "attention",
} as const;

/** Adds the job of a run that was made ready. Where the queue is away, the janitor adds it later: nothing is lost. */
export async function addJob(core: Pick<Core, "queue" | "log">, wake: Wake | null): Promise<void> {
  if (!wake) return;
  try {
    await core.queue.add({ id: wake.jobId, data: { runId: wake.runId } });
  } catch (error) {
    core.log.warn(
      { run: wake.runId, error: messageOf(error) },
      "the queue is away; the janitor will add the job",
    );
  }
}
