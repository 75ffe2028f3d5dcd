import assert from "node:assert/strict";
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { after, before, test } from "node:test";
import { openDatabase, type Sql } from "#db/client.ts";
import type { DeliverContext, Intent } from "#src/adapter.ts";
import type { Outbound } from "#src/events.ts";
import { type TestDatabase, testDatabase } from "#tests/support/database.ts";
import { eventually } from "#tests/support/eventually.ts";
import { deltas, done, insertRun, says } from "#tests/support/journal-rows.ts";
import { rendered, scriptedPlatform } from "#tests/support/scripted-platform.ts";

type Request = { id: number } & (
  | { act: "deliver"; args: [Outbound, Omit<DeliverContext, "signal">] }
  | { act: "lookUp"; args: [Intent] }
);
/** Where the worker is killed, seen from a request of its own. */
type Point =
  | "before the platform was asked"
  | "after the platform stored"
  | "before the row was updated";

const place = "slack:T1:C1:1.1";
const events = [
  says("one"),
  says("abcdefghijklmnop"),
  ...deltas("m1", "and so it ends", 3),
  says("two"),
  done("ok"),
];
let database: TestDatabase;
let sql: Sql;

before(async () => {
  database = await testDatabase();
  sql = openDatabase(database.url);
});
after(async () => {
  await sql.end();
  await database[Symbol.asyncDispose]();
});

async function kill(worker: ChildProcess): Promise<void> {
  if (worker.exitCode !== null || worker.signalCode !== null) return;
  worker.kill("SIGKILL");
  await once(worker, "exit");
}

/** Answers the worker, and lets it write down nothing of that: it is dead before its statement ends. */
async function answerAndKill(worker: ChildProcess, id: number, answer: unknown): Promise<void> {
  await sql.begin(async (tx) => {
    await tx`select from leases where name = ${`place:${place}`} for update`;
    worker.send({ id, answer });
    const blocked = await eventually("the worker's write waits", async () => {
      const [found] = await sql`select pid from pg_stat_activity
        where datname = current_database() and wait_event_type = 'Lock' and query like '%deliveries%'`;
      assert.ok(found);
      return found;
    });
    await kill(worker);
    await tx`select pg_terminate_backend(${blocked.pid})`;
    await eventually("its statement is gone", async () => {
      const found = await sql`select from pg_stat_activity where pid = ${blocked.pid}`;
      return found.count === 0;
    });
  });
}

for (const point of [
  "before the platform was asked",
  "after the platform stored",
  "before the row was updated",
] satisfies Point[])
  test(`a worker killed at each part, ${point}: each part is posted once, in order`, async () => {
    const platform = scriptedPlatform();
    const run = await insertRun(sql, [place], events);
    const spared = new Set<string>();
    const workers: ChildProcess[] = [];
    let generation = 0;

    function startWorker(): void {
      const program = path.join(import.meta.dirname, "../support/delivery-program.ts");
      const worker = fork(program, [database.url, `worker-${++generation}`]);
      workers.push(worker);
      worker.on("message", (request: Request) => {
        serve(worker, request).catch((error) => worker.emit("error", error));
      });
    }

    async function serve(worker: ChildProcess, { id, act, args }: Request): Promise<void> {
      const signal = new AbortController().signal;
      if (act === "lookUp") {
        worker.send({ id, answer: await platform.adapter.lookUp(args[0], signal) });
        return;
      }
      const [event, context] = args;
      const isFirst = !spared.has(context.intent.nonce);
      spared.add(context.intent.nonce);
      const answer =
        isFirst && point === "before the platform was asked"
          ? undefined
          : await platform.adapter.deliver(event, { ...context, signal });
      if (!isFirst) worker.send({ id, answer });
      else {
        if (point === "before the row was updated") await answerAndKill(worker, id, answer);
        else await kill(worker);
        startWorker();
      }
    }

    startWorker();
    try {
      await eventually("the run is delivered", async () => {
        const [row] = await sql`select done from destinations where run_id = ${run}`;
        return row?.done === true;
      });
    } finally {
      for (const worker of workers) await kill(worker);
    }
    assert.ok(generation > 7, `${generation} workers`);
    assert.equal(platform.textOf(run, place), events.map(rendered).join(""));
  });
