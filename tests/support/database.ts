import { createHash, randomBytes } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import pg from "pg";
import { type TestServer, testServer } from "./database-server.ts";

/** `url` is a superuser's or an owner's; disposing drops the database with whoever is still connected. */
export type TestDatabase = { url: string } & AsyncDisposable;

const db = path.resolve(import.meta.dirname, "../../db");
const templateLock = 0x0a9e18;

/**
 * A fresh database with all migrations applied, for one test or one test file:
 * `await using db = await testDatabase()`, or dispose of it in an `after` hook.
 * It is cloned from a template that is made once per state of db/migrations.
 */
export function testDatabase(): Promise<TestDatabase> {
  return open(async (admin, server) => {
    const template = await findOrCreateTemplate(admin, server);
    return ` template ${pg.escapeIdentifier(template)}`;
  });
}

/** A fresh database with nothing in it. */
export function emptyDatabase(): Promise<TestDatabase> {
  return open(async () => "");
}

async function open(
  chooseTemplate: (admin: pg.Client, server: TestServer) => Promise<string>,
): Promise<TestDatabase> {
  const server = await testServer();
  const name = `test_${process.pid}_${randomBytes(4).toString("hex")}`;
  try {
    await withAdmin(server, async (admin) => {
      const template = await chooseTemplate(admin, server);
      await admin.query(`create database ${pg.escapeIdentifier(name)}${template}`);
    });
  } catch (error) {
    await server[Symbol.asyncDispose]();
    throw error;
  }
  let dropping: Promise<void> | undefined;
  async function drop() {
    const statement = `drop database if exists ${pg.escapeIdentifier(name)} with (force)`;
    await withAdmin(server, (admin) => admin.query(statement));
    await server[Symbol.asyncDispose]();
  }
  return {
    url: server.urlOf(name),
    [Symbol.asyncDispose]() {
      dropping ??= drop();
      return dropping;
    },
  };
}

async function findOrCreateTemplate(admin: pg.Client, server: TestServer): Promise<string> {
  const name = `tpl_${digestOfMigrations()}`;
  if (await exists(admin, name)) return name;
  await admin.query("select pg_advisory_lock($1)", [templateLock]);
  try {
    if (await exists(admin, name)) return name;
    const draft = `${name}_draft`; // a migration that fails or is killed leaves no half-made template
    await admin.query(`drop database if exists ${draft} with (force)`);
    await admin.query(`create database ${draft}`);
    const { migrate } = await import("#db/migrate.ts");
    await migrate(server.urlOf(draft));
    await admin.query(`alter database ${draft} rename to ${name}`);
    return name;
  } finally {
    await admin.query("select pg_advisory_unlock($1)", [templateLock]);
  }
}

async function exists(admin: pg.Client, name: string): Promise<boolean> {
  const found = await admin.query("select from pg_database where datname = $1", [name]);
  return found.rowCount === 1;
}

function digestOfMigrations(): string {
  const migrations = fs.globSync("migrations/**/*.{sql,json}", { cwd: db }).sort();
  const hash = createHash("sha256");
  for (const file of ["migrate.ts", ...migrations]) {
    hash.update(file).update(fs.readFileSync(path.join(db, file)));
  }
  return hash.digest("hex").slice(0, 16);
}

async function withAdmin<T>(server: TestServer, act: (admin: pg.Client) => Promise<T>): Promise<T> {
  const admin = new pg.Client({ connectionString: server.adminUrl });
  await admin.connect();
  try {
    return await act(admin);
  } finally {
    await admin.end();
  }
}
