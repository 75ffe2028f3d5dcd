import { startFleet } from "../tests/chaos/fleet.ts";
import { killInTurn, spread } from "../tests/chaos/kill-in-turn.ts";

/**
 * How long a run stands still whose worker is killed: from `kill -9` to the next worker's first event. Two workers and a
 * janitor, 20 kills, one every four seconds. `node bench/recovery.ts`; as many kills as its first argument says.
 */
const kills = Number(process.argv[2] ?? 20);

await using fleet = await startFleet({ idempotent: true, steps: 2 });
const times = await killInTurn(fleet, { kills, everyMs: 4_000, sessions: 20, runs: kills * 10 });
const { p50, p95, most } = spread(times);
console.log(
  `kill -9 to the next worker's first event, ${times.length} runs: p50 ${p50} ms, p95 ${p95} ms, at most ${most} ms  (p95 ≤ 5 s)`,
);
