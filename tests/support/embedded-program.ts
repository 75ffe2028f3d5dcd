import { startEmbeddedPostgres } from "#db/embedded.ts";

/**
 * A process that uses the embedded server, for tests to fork: `embedded-program.ts <folder> [uid gid]`.
 * It tells its parent what startEmbeddedPostgres() gave, and after any message what stop() gave.
 * With an account it becomes that user once its modules are loaded, wherever those are.
 */
const [dataDir = "", uid, gid] = process.argv.slice(2);
if (uid !== undefined) {
  process.setgroups?.([]);
  process.setgid?.(Number(gid));
  process.setuid?.(Number(uid));
}

try {
  const server = await startEmbeddedPostgres({ dataDir, timeoutMs: 20_000 });
  process.send?.({ url: server.url, adopted: server.adopted });
  process.once("message", async () => {
    const ending = await server.stop();
    process.send?.({ ending }, () => process.disconnect());
  });
} catch (error) {
  process.send?.({ error: error instanceof Error ? error.message : String(error) });
  process.exitCode = 1;
  process.disconnect();
}
