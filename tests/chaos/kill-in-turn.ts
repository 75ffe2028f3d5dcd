import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import type { Sql } from "#db/client.ts";
import type { WorkerProcess } from "#tests/support/process.ts";
import { until } from "#tests/support/until.ts";
import type { Fleet } from "./fleet.ts";

export type Killing = { kills: number; everyMs: number; sessions: number; runs: number };

/**
 * Two workers; so many kills of the one and the other in turn, each started again at once, and a share of the runs
 * submitted before each kill; a few more may be. A worker is killed while it works on runs and when the other one is ready.
 * Gives how long each run stood still whose worker was killed, from the kill to the next worker's first event, ms.
 */
export async function killInTurn(fleet: Fleet, killing: Killing): Promise<number[]> {
  const { kills, everyMs, sessions, runs } = killing;
  const { sql } = fleet.core;
  await fleet.start("janitor");
  const workers = [fleet.start("agent"), fleet.start("agent")];
  const recoveries: Promise<number[]>[] = [];
  const share = runs / kills;
  let next = 0;
  for (let kill = 0; kill < kills; kill++) {
    const [victim] = await Promise.all([workers[kill % 2], workers[(kill + 1) % 2]]);
    assert.ok(victim);
    // Half of them spread over the time, the others at its end, and more where all of those went to the other worker.
    for (let n = 0; n < share / 2; n++) {
      await submitNext();
      await sleep((2 * everyMs) / share);
    }
    for (let n = 0; n < share / 2; n++) await submitNext();
    const hit = await until("the worker works", async () => {
      const found = await runsOf(sql, victim);
      if (!found) await submitNext();
      return found;
    });
    await victim.kill();
    recoveries.push(timeRecovery(sql, hit));
    workers[kill % 2] = fleet.start("agent");
  }
  await Promise.all(workers);

  async function submitNext(): Promise<void> {
    const session = next++ % sessions;
    await fleet.submit(`session-${session}`, `errand ${session}.${next}`);
  }
  return (await Promise.all(recoveries)).flat();
}

/** Of some figures, those at 50 %, 95 % and the end. */
export function spread(figures: number[]): { p50: number; p95: number; most: number } {
  const sorted = figures.toSorted((a, b) => a - b);
  const at = (part: number) =>
    Math.round(sorted[Math.ceil(sorted.length * part) - 1] ?? Number.NaN);
  return { p50: at(0.5), p95: at(0.95), most: at(1) };
}

type Hit = { id: string; lastSeq: number };

/** The runs that a worker executes now; undefined while there are none. */
export async function runsOf(sql: Sql, worker: WorkerProcess): Promise<Hit[] | undefined> {
  const runs = await sql<Hit[]>`
    select r.id, r.last_seq from leases l join runs r on r.session_id = l.name and r.status = 'running'
    where l.expires_at > clock_timestamp() and l.holder like ${`%-${worker.pid}-%`}`;
  return runs.length > 0 ? runs : undefined;
}

/** Only runs that begin anew count: one may just have ended as the kill came. */
async function timeRecovery(sql: Sql, hit: Hit[]): Promise<number[]> {
  const killed = performance.timeOrigin + performance.now();
  const times = hit.map(async ({ id, lastSeq }) => {
    const ask = async () => {
      const [row] = await sql<{ over: boolean; at: Date | null }[]>`
        select r.finished_at is not null or r.status = 'waiting' as over,
          (select min(e.at) from run_events e where e.run_id = r.id and e.seq > ${lastSeq}
            and e.at > ${new Date(killed)} and e.event->>'type' = 'run.started') as at
        from runs r where r.id = ${id}`;
      return (row?.over || row?.at) && row;
    };
    const next = await until(`${id} goes on`, () => sleep(100).then(ask), 90_000);
    return next.at ? [next.at.getTime() - killed] : [];
  });
  return (await Promise.all(times)).flat();
}
