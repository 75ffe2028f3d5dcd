import { claimRun } from "#db/queries/claim-run.ts";
import { wakeRun } from "#db/queries/wake-run.ts";
import { LeaseLostError, messageOf } from "../errors.ts";
import { addJob, TOPICS, type WorkerCore } from "./core.ts";
import { keepLease } from "./hold-lease.ts";
import { openJournal } from "./journal.ts";
import { watch } from "./watch.ts";
import { work } from "./work.ts";

const LEASE_MS = 3_000;
const RENEW_MS = 1_000;

/**
 * Executes a run as far as it goes: to its end, or until it waits for humans. Does nothing where the run is not to
 * be had: it is done, another of its session executes, or somebody else took it.
 *
 * `drain` asks to let go before the next model call, so that another worker goes on from the checkpoint. A fault of
 * the run itself ends it with words. Rejects where the database is away; the lease then runs out and the run is
 * recovered by another.
 */
export async function execute(core: WorkerCore, runId: string, drain: AbortSignal): Promise<void> {
  const since = performance.now();
  const claim = await claimRun(core.sql, runId, core.holder, LEASE_MS);
  if (!claim) return;
  const { sessionId, fence } = claim;
  const held = { name: sessionId, fence };
  const log = core.log.child({ run: runId, session: sessionId, attempt: claim.attempt });
  const lost = new AbortController();
  await using lease = keepLease(
    core.sql,
    { ...held, holder: core.holder, since },
    { ttlMs: LEASE_MS, renewMs: RENEW_MS },
  );
  await using watching = watch(core, claim);
  const signal = AbortSignal.any([lease.signal, lost.signal, watching.stopped]);
  const draining = () => drain.aborted;
  const pause = async () => draining() || (await watching.steered());
  const journal = openJournal(core, { runId, sessionId, held }, (error) => lost.abort(error));
  try {
    const ended = await work(core, claim, { held, journal, signal, pause, draining });
    lease.released();
    core.announcements.publish(TOPICS.journal, { runId, sessionId, seq: ended.lastSeq });
    if (ended.next !== null) await addJob(core, await wakeRun(core.sql, ended.next, ["queued"]));
  } catch (error) {
    await journal.close();
    if (!(error instanceof LeaseLostError)) throw error;
    log.warn({ reason: messageOf(error) }, "let go: the lease was lost");
  } finally {
    // A call that still runs beside the one that ended the run has nobody left to tell.
    lost.abort(new LeaseLostError(`${runId} was let go`));
  }
}
