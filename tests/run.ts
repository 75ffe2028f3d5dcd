import { spawn } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { testServer } from "./support/database-server.ts";
import { findRedis } from "./support/redis-binary.ts";

/**
 * The tests: `npm test` runs all of them, `npm test -- db tests/integration/x.test.ts` those under a
 * folder or in a file; options such as --test-name-pattern go on to `node --test`.
 * The database server is started once and lent to every test process, Redis is looked for once.
 */
const root = path.resolve(import.meta.dirname, "..");
const everything = [
  "{src,db,adapters,workers,sandbox}/**/*.test.ts",
  "tests/{support,architecture,integration,e2e,attacks,chaos}/**/*.test.ts",
];

/** Node's own report, and beneath it the totals in one line. */
const reporters = ["spec", "./tests/support/totals.ts"].flatMap((reporter) => [
  `--test-reporter=${reporter}`,
  "--test-reporter-destination=stdout",
]);

function globsOf(names: string[]): string[] {
  if (names.length === 0) return everything;
  return names.map((name) => {
    const isFolder = fs
      .statSync(path.resolve(root, name), { throwIfNoEntry: false })
      ?.isDirectory();
    return isFolder ? `${name.replace(/\/$/, "")}/**/*.test.ts` : name;
  });
}

async function runTests(options: string[], names: string[], databaseUrl: string): Promise<number> {
  const runner = spawn(
    process.execPath,
    ["--test", "--test-concurrency=2", ...reporters, ...options, ...globsOf(names)],
    { cwd: root, env: { ...process.env, TEST_DATABASE_URL: databaseUrl }, stdio: "inherit" },
  );
  // Ctrl-C reaches the runner by itself; we stay to put the database away.
  process.on("SIGINT", () => {});
  process.on("SIGTERM", () => runner.kill("SIGTERM"));
  const [code, signal] = (await once(runner, "exit")) as [number | null, NodeJS.Signals | null];
  return code ?? 128 + (signal ? os.constants.signals[signal] : 0);
}

const given = process.argv.slice(2);
const options = given.filter((argument) => argument.startsWith("-"));
const names = given.filter((argument) => !argument.startsWith("-"));

await using server = await testServer();
if (!process.env.TEST_REDIS_URL) await findRedis().catch(() => {}); // the tests that need it will say so
process.exitCode = await runTests(options, names, server.adminUrl);
