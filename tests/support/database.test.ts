import assert from "node:assert/strict";
import { test } from "node:test";
import pg from "pg";
import { emptyDatabase, testDatabase } from "./database.ts";

async function query(url: string, text: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
}

const tables = "select from pg_tables where schemaname not in ('pg_catalog', 'information_schema')";

test("testDatabase() gives a database with the migrations applied", async () => {
  await using database = await testDatabase();
  assert.notEqual((await query(database.url, tables)).length, 0);
});

test("emptyDatabase() gives a database with no tables", async () => {
  await using database = await emptyDatabase();
  assert.equal((await query(database.url, tables)).length, 0);
});

test("testDatabase() gives each caller its own, also when asked by many at once", async () => {
  const databases = await Promise.all(Array.from({ length: 5 }, () => testDatabase()));
  try {
    await Promise.all(databases.map(({ url }) => query(url, "create table mine ()")));
  } finally {
    for (const database of databases) await database[Symbol.asyncDispose]();
  }
});

test("disposing of a test database drops it, whoever is connected", async () => {
  await using beside = await emptyDatabase();
  const database = await emptyDatabase();
  const open = new pg.Client({ connectionString: database.url });
  const dropped = new Promise((resolve) => open.on("error", resolve));
  await open.connect();
  const [{ name } = { name: "" }] = await query(database.url, "select current_database() as name");
  await database[Symbol.asyncDispose]();
  await dropped;
  const left = await query(beside.url, `select from pg_database where datname = '${name}'`);
  assert.equal(left.length, 0);
});
