import assert from "node:assert/strict";
import { test } from "node:test";
import { openQueue } from "#src/ports/queue.ts";
import { emptyDatabase } from "#tests/support/database.ts";
import { postgresBackend } from "./backends.ts";
import { testQueue } from "./queue.conformance.ts";

testQueue("PostgreSQL", postgresBackend);

test("queue on PostgreSQL: any number of starters make its schema", async () => {
  await using database = await emptyDatabase();
  const starters = Array.from({ length: 6 }, () =>
    openQueue("runs", { databaseUrl: database.url }),
  );
  const queues = await Promise.all(starters);
  for (const queue of queues) await queue.ping();
  await Promise.all(queues.map((queue) => queue[Symbol.asyncDispose]()));
});

test("queue on PostgreSQL: a server that is not there is an error", async () => {
  const databaseUrl = "postgres://nobody@127.0.0.1:1/none";
  await assert.rejects(openQueue("runs", { databaseUrl }), /ECONNREFUSED/);
});
