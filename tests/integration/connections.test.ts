import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { openDatabase, type Sql } from "#db/client.ts";
import { isAway } from "#db/is-away.ts";
import { type TestDatabase, testDatabase } from "#tests/support/database.ts";

let database: TestDatabase;
let knife: Sql;

before(async () => {
  database = await testDatabase();
  knife = openDatabase(database.url, { max: 1, name: "knife" });
});
after(async () => {
  await knife.end();
  await database[Symbol.asyncDispose]();
});

function cut(name: string) {
  return knife`select pg_terminate_backend(pid) from pg_stat_activity where application_name = ${name}`;
}

async function expectAway(statement: PromiseLike<unknown>): Promise<void> {
  const outcome = await Promise.resolve(statement).then(
    () => assert.fail("it was done"),
    (error: unknown) => error,
  );
  assert.ok(isAway(outcome), String(outcome));
}

/** A statement may meet the connection that is being lost, but each time it is asked it gets an answer. */
async function expectServed(sql: Sql, tries = 10): Promise<void> {
  try {
    assert.deepEqual([...(await sql`select 3 as three`)], [{ three: 3 }]);
  } catch (error) {
    if (!isAway(error) || tries === 0) throw error;
    await expectServed(sql, tries - 1);
  }
}

test("A transaction whose connection is cut rejects, and the pool goes on", async () => {
  const sql = openDatabase(database.url, { max: 1, name: "transaction" });
  for (let n = 0; n < 5; n++) {
    await expectAway(
      sql.begin(async (tx) => {
        await tx`select 1`;
        await cut("transaction");
        await tx`select 2`;
      }),
    );
    await expectServed(sql);
  }
  await sql.end();
});

test("A transaction that goes on after its connection was cut and its loss was seen rejects too", async () => {
  const sql = openDatabase(database.url, { max: 1, name: "late" });
  for (let n = 0; n < 5; n++) {
    await expectAway(
      sql.begin(async (tx) => {
        await cut("late");
        for (let m = 0; m < 3; m++) await tx`select pg_sleep(0.01)`.catch(() => {});
        await tx`select 1`;
      }),
    );
    await expectServed(sql);
  }
  await sql.end();
});

test("Of fifty statements on a pool that is cut, each is done or rejects, and fifty more are served", async () => {
  const sql = openDatabase(database.url, { max: 5, name: "pool" });
  for (let n = 0; n < 10; n++) {
    const statements = Array.from({ length: 50 }, (_, m) =>
      m % 2
        ? sql`select pg_sleep(0.002)`
        : sql.begin(async (tx) => [await tx`select pg_sleep(0.001)`, await tx`select 1`]),
    );
    const outcomes = Promise.allSettled(statements);
    await cut("pool");
    for (const outcome of await outcomes)
      if (outcome.status === "rejected") assert.ok(isAway(outcome.reason), String(outcome.reason));
    await Promise.all(Array.from({ length: 50 }, () => expectServed(sql)));
  }
  await sql.end();
});

test("isAway: a fault of the statement is none of the connection", async () => {
  await assert.rejects(knife`select 1 / 0`, (error) => !isAway(error));
  assert.equal(isAway(new TypeError("x")), false);
  assert.equal(isAway(Object.assign(new Error("x"), { code: "ECONNREFUSED" })), true);
});
