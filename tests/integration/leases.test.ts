import assert from "node:assert/strict";
import { once } from "node:events";
import { after, before, test } from "node:test";
import { openDatabase, type Sql } from "#db/client.ts";
import { acquireLease, releaseLease, renewLease } from "#db/queries/leases.ts";
import { LeaseLostError } from "#src/errors.ts";
import { holdLease } from "#src/runs/hold-lease.ts";
import { type TestDatabase, testDatabase } from "#tests/support/database.ts";

let database: TestDatabase;
let sql: Sql;

before(async () => {
  database = await testDatabase();
  sql = openDatabase(database.url, { max: 20 });
});
after(async () => {
  await sql.end();
  await database[Symbol.asyncDispose]();
});

async function letExpire(name: string): Promise<void> {
  await sql`update leases set expires_at = now() - interval '1 second' where name = ${name}`;
}

test("of 20 that ask at once, one holds the lease", async () => {
  const asked = Array.from({ length: 20 }, (_, n) => acquireLease(sql, "one", `w${n}`, 60_000));
  const fences = await Promise.all(asked);
  assert.deepEqual(
    fences.filter((fence) => fence !== undefined),
    [1],
  );
});

test("a lease that is held is not given again, to its own holder neither", async () => {
  await acquireLease(sql, "held", "a", 60_000);
  assert.equal(await acquireLease(sql, "held", "b", 60_000), undefined);
  assert.equal(await acquireLease(sql, "held", "a", 60_000), undefined);
});

test("the fence grows with every acquisition, after a release and after an expiry", async () => {
  assert.equal(await acquireLease(sql, "grows", "a", 60_000), 1);
  await releaseLease(sql, "grows", 1);
  assert.equal(await acquireLease(sql, "grows", "b", 60_000), 2);
  await letExpire("grows");
  assert.equal(await acquireLease(sql, "grows", "a", 60_000), 3);
});

test("only who holds the lease now renews it", async () => {
  const fence = (await acquireLease(sql, "renewed", "a", 60_000)) ?? 0;
  assert.equal(await renewLease(sql, "renewed", "a", fence, 60_000), true);
  assert.equal(await renewLease(sql, "renewed", "b", fence, 60_000), false);
  assert.equal(await renewLease(sql, "renewed", "a", fence + 1, 60_000), false);
  await letExpire("renewed");
  assert.equal(await renewLease(sql, "renewed", "a", fence, 60_000), false);
});

test("releasing with an old fence leaves the new holder its lease", async () => {
  const old = (await acquireLease(sql, "late", "a", 60_000)) ?? 0;
  await letExpire("late");
  const fence = (await acquireLease(sql, "late", "b", 60_000)) ?? 0;
  await releaseLease(sql, "late", old);
  assert.equal(await renewLease(sql, "late", "b", fence, 60_000), true);
});

test("holdLease() keeps a lease past its time to live, until it is disposed of", async () => {
  const held = await holdLease(sql, "kept", "a", { ttlMs: 300, renewMs: 50 });
  assert.ok(held);
  const [first] = await sql`select expires_at from leases where name = 'kept'`;
  while (
    (
      await sql`select from leases where name = 'kept' and expires_at > ${first?.expiresAt} + interval '300 ms'`
    ).count === 0
  )
    assert.equal(held.signal.aborted, false);
  assert.equal(await acquireLease(sql, "kept", "b", 60_000), undefined);
  await held[Symbol.asyncDispose]();
  assert.equal(await acquireLease(sql, "kept", "b", 60_000), held.fence + 1);
  assert.equal(held.signal.aborted, false);
});

test("holdLease() gives nothing where another holds the lease", async () => {
  await acquireLease(sql, "anothers", "b", 60_000);
  assert.equal(await holdLease(sql, "anothers", "a"), undefined);
});

test("a held lease that another took aborts its signal", async () => {
  await using held = await holdLease(sql, "taken", "a", { ttlMs: 60_000, renewMs: 20 });
  assert.ok(held);
  await letExpire("taken");
  if (!held.signal.aborted) await once(held.signal, "abort");
  assert.ok(held.signal.reason instanceof LeaseLostError);
});

test("a held lease that cannot be renewed aborts its signal when its time is over", async () => {
  const away = openDatabase(database.url);
  const held = await holdLease(away, "away", "a", { ttlMs: 300, renewMs: 20 });
  assert.ok(held);
  await away.end();
  if (!held.signal.aborted) await once(held.signal, "abort");
  assert.ok(held.signal.reason instanceof LeaseLostError);
  await held[Symbol.asyncDispose]();
});
