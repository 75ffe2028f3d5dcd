import { setTimeout as sleep } from "node:timers/promises";
import { type Service, startService } from "./service.ts";
import { openUser, quantile } from "./turn.ts";

/**
 * The figures of speed and size, all in one on embedded PostgreSQL; the model is a stand-in over HTTP that answers at
 * once, through ChatOpenAI; one free tool call a turn. `npm run bench`. Load, model and service share the machine.
 */
const rows: [what: string, figure: string, reach: string][] = [];
const ms = (value: number) => `${value.toFixed(1)} ms`;

await using service = await startService();
await warmUp(service);
await oneSession(service);
await manyUsers(service);
await openLoop(service);
rows.push([
  "resident memory after that (1,000+ turns)",
  `${service.residentMb().toFixed(0)} MB`,
  "≤ 300 MB",
]);
rows.push(["npm start to ready, data there", ms(await service.restart()), "≤ 3 s"]);
const width = Math.max(...rows.map(([what]) => what.length));
for (const [what, figure, reach] of rows)
  console.log(`${what.padEnd(width)}  ${figure.padStart(12)}  ${reach}`);

async function warmUp({ url }: Service): Promise<void> {
  const user = await openUser(url, "warm");
  for (let turn = 0; turn < 50; turn++) await user.turn();
}

async function oneSession({ url, sql }: Service): Promise<void> {
  const user = await openUser(url, "one");
  const took: number[] = [];
  for (let turn = 0; turn < 500; turn++) took.push(await user.turn());
  const early = quantile(took.slice(5, 25), 0.5);
  const late = quantile(took.slice(-20), 0.5);
  rows.push([
    "a turn at turn 500 over turn 10 (medians of 20)",
    (late / early).toFixed(2),
    "≤ 1.3",
  ]);
  const [size] = await sql<{ bytes: number }[]>`
    select coalesce((select sum(octet_length(body)) from checkpoints), 0)::int
      + coalesce((select sum(octet_length(body)) from checkpoint_writes), 0)::int as bytes`;
  rows.push(["bytes in the checkpointer after 500 turns", String(size?.bytes), "≤ 100 KB"]);
  rows.push(["p50 of a turn, 1 user", ms(quantile(took, 0.5)), "≤ 40 ms"]);
}

async function manyUsers(service: Service): Promise<void> {
  const users = await Promise.all(
    Array.from({ length: 20 }, (_, n) => openUser(service.url, `many-${n}`)),
  );
  const took: number[] = [];
  const since = performance.now();
  const cpu = service.cpuSeconds();
  await Promise.all(
    users.map(async (user) => {
      for (let turn = 0; turn < 40; turn++) took.push(await user.turn());
    }),
  );
  const seconds = (performance.now() - since) / 1000;
  rows.push(["turns per second, 20 users", (took.length / seconds).toFixed(0), "≥ 108"]);
  rows.push(["p50 of a turn, 20 users", ms(quantile(took, 0.5)), "≤ 200 ms"]);
  rows.push([
    "CPU of the service per turn",
    ms(((service.cpuSeconds() - cpu) * 1000) / took.length),
    "",
  ]);
}

/** 50 submits a second for 10 s, each sent at its time whether or not the one before was answered. */
async function openLoop({ url }: Service): Promise<void> {
  const users = await Promise.all(Array.from({ length: 50 }, (_, n) => openUser(url, `open-${n}`)));
  const took: Promise<number>[] = [];
  const since = performance.now();
  for (let sent = 0; sent < 500; sent++) {
    await sleep(Math.max(0, since + sent * 20 - performance.now()));
    const user = users[sent % users.length];
    if (user) took.push(user.submit());
  }
  const all = await Promise.all(took);
  rows.push(["submit answered p99, open loop at 50 runs/s", ms(quantile(all, 0.99)), "≤ 30 ms"]);
  rows.push(["submit answered p50, open loop at 50 runs/s", ms(quantile(all, 0.5)), ""]);
}
