import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { Annotation, Command, END, interrupt, Send, START, StateGraph } from "@langchain/langgraph";
import { RunCheckpointer } from "#db/checkpointer.ts";
import { openDatabase, type Sql } from "#db/client.ts";
import { acquireLease, releaseLease } from "#db/queries/leases.ts";
import { LeaseLostError } from "#src/errors.ts";
import { type TestDatabase, testDatabase } from "#tests/support/database.ts";

let database: TestDatabase;
let sql: Sql;
let threads = 0;
let config: ReturnType<typeof threadOf>;

before(async () => {
  database = await testDatabase();
  sql = openDatabase(database.url);
});
after(async () => {
  await sql.end();
  await database[Symbol.asyncDispose]();
});
beforeEach(async () => {
  const name = `thread-${++threads}`;
  config = threadOf(name, await take(name));
});

async function take(lease: string): Promise<number> {
  return (await acquireLease(sql, lease, "worker", 60_000)) ?? 0;
}

function threadOf(name: string, fence: number) {
  return {
    configurable: { thread_id: name, lease: name, fence, __pregel_strict_resume: true },
    durability: "sync" as const,
  };
}

const State = Annotation.Root({
  word: Annotation<string>,
  done: Annotation<string[]>({ reducer: (all, more) => [...all, ...more], default: () => [] }),
});

/** Three words at once, each in a task of its own that `run` is; then the end. What ran is in `ran`. */
function fanOut(run: (word: string) => string) {
  const ran: string[] = [];
  const open = () =>
    new StateGraph(State)
      .addNode("plan", () => ({}))
      .addNode("act", ({ word }: typeof State.State) => {
        const done = run(word);
        ran.push(word);
        return { done: [done] };
      })
      .addNode("sum", () => ({}))
      .addEdge(START, "plan")
      .addConditionalEdges("plan", () => ["a", "b", "c"].map((word) => new Send("act", { word })))
      .addEdge("act", "sum")
      .addEdge("sum", END)
      .compile({ checkpointer: new RunCheckpointer(sql) });
  return { open, ran };
}

async function parked(graph: {
  getState: (
    c: typeof config,
  ) => Promise<{ tasks: { interrupts: { id?: string; value?: unknown }[] }[] }>;
}) {
  const state = await graph.getState(config);
  return new Map(
    state.tasks.flatMap((task) => task.interrupts.map((one) => [String(one.value), one.id ?? ""])),
  );
}

test("Tasks that wait at once are resumed in any order, each by a saver that was opened anew", async () => {
  const { open, ran } = fanOut((word) => `${word}:${interrupt(word)}`);
  await open().invoke({ word: "" }, config);
  for (const word of ["b", "c", "a"]) {
    const id = (await parked(open())).get(word) ?? assert.fail(`${word} does not wait`);
    await open().invoke(new Command({ resume: { [id]: "yes" } }), config);
  }
  const { values, next } = await open().getState(config);
  assert.deepEqual(values.done, ["a:yes", "b:yes", "c:yes"]);
  assert.deepEqual(next, []);
  assert.deepEqual(ran, ["b", "c", "a"]);
});

test("Tasks that are done beside one that waits are not run again", async () => {
  const { open, ran } = fanOut((word) => (word === "b" ? `b:${interrupt("b")}` : word));
  await open().invoke({ word: "" }, config);
  assert.deepEqual(ran, ["a", "c"]);
  const id = (await parked(open())).get("b") ?? "";
  const { done } = await open().invoke(new Command({ resume: { [id]: 1 } }), config);
  assert.deepEqual(done, ["a", "b:1", "c"]);
  assert.deepEqual(ran, ["a", "c", "b"]);
});

test("An interrupt that is not there is refused, and nothing is written", async () => {
  const { open } = fanOut((word) => `${word}:${interrupt(word)}`);
  await open().invoke({ word: "" }, config);
  const before = await rows();
  const wrong = "0".repeat(32);
  await assert.rejects(
    open().invoke(new Command({ resume: { [wrong]: 1 } }), config),
    /not_pending|interrupt/i,
  );
  assert.deepEqual(await rows(), before);
});

test("Tasks that were done when another failed are not run again", async () => {
  let broken = true;
  const { open, ran } = fanOut((word) => {
    if (word === "b" && broken) throw new Error("b broke");
    return word;
  });
  await assert.rejects(open().invoke({ word: "" }, config), /b broke/);
  broken = false;
  const { done } = await open().invoke(null, config);
  assert.deepEqual(done, ["a", "b", "c"]);
  assert.deepEqual(ran.toSorted(), ["a", "b", "c"]);
});

test("Only the newest checkpoint is kept, and of its step's results only what it has not taken in", async () => {
  const { open } = fanOut((word) => (word === "b" ? `b:${interrupt("b")}` : word));
  await open().invoke({ word: "" }, config);
  const kept = await rows();
  assert.equal(kept.checkpoints, 1);
  const id = (await parked(open())).get("b") ?? "";
  await open().invoke(new Command({ resume: { [id]: 1 } }), config);
  assert.equal((await rows()).checkpoints, 1);
  // A result on its way as the next checkpoint was stored may lie there until the one after; nobody reads it.
  const listed = await Array.fromAsync(new RunCheckpointer(sql).list(config));
  assert.deepEqual(
    listed.map((tuple) => tuple.pendingWrites),
    [[]],
  );
});

test("What is put into a state from outside stands before what comes next", async () => {
  const { open } = fanOut((word) => word);
  await open().invoke({ word: "" }, config);
  await open().updateState(config, { done: ["d"] }, "act");
  const { done } = await open().invoke(null, config);
  assert.deepEqual(done, ["a", "b", "c", "d"]);
});

for (const [when, lose] of [
  [
    "was taken over",
    (name: string) => sql`update leases set fence = fence + 1 where name = ${name}`,
  ],
  ["ran out", (name: string) => releaseLease(sql, name, config.configurable.fence)],
] as const)
  test(`A worker whose lease ${when} writes nothing`, async () => {
    let lost = false;
    const { open } = fanOut((word) => {
      assert.equal(lost, false, "it went on");
      return word;
    });
    await open().invoke({ word: "" }, config);
    const before = await rows();
    await lose(config.configurable.thread_id);
    lost = true;
    await assert.rejects(open().updateState(config, { done: ["d"] }, "act"), LeaseLostError);
    await assert.rejects(open().invoke({ word: "x" }, config), LeaseLostError);
    const saver = new RunCheckpointer(sql);
    const at = (await saver.getTuple(config))?.config ?? {};
    await assert.rejects(saver.putWrites(at, [["done", ["d"]]], "task"), LeaseLostError);
    assert.deepEqual(await rows(), before);
  });

test("Threads know nothing of each other, and a deleted one is gone", async () => {
  const { open } = fanOut((word) => word);
  await open().invoke({ word: "" }, config);
  const other = threadOf("other", await take("other"));
  await open().invoke({ word: "" }, other);
  const saver = new RunCheckpointer(sql);
  await saver.deleteThread("other");
  assert.equal(await saver.getTuple(other), undefined);
  assert.deepEqual((await saver.getTuple(config))?.checkpoint.channel_values.done, ["a", "b", "c"]);
});

async function rows() {
  const { thread_id: id } = config.configurable;
  const [counts] = await sql<{ checkpoints: number; writes: number }[]>`
    select (select count(*) from checkpoints where thread_id = ${id}) as checkpoints,
      (select count(*) from checkpoint_writes where thread_id = ${id}) as writes`;
  return { ...counts };
}
