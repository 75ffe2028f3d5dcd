import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { type Client, openClient } from "#src/client/client.ts";
import { startWorker } from "#tests/support/process.ts";
import { until } from "#tests/support/until.ts";

/** Asks until the service takes it; sent again under the same id it is the same run. */
function submit(client: Client, session: string, input: string) {
  return until("the run is taken in", async () => {
    const body = { input, external_id: input };
    return client.createRun(session, body).catch(() => sleep(50, undefined));
  });
}

function ended(client: Client, runId: string) {
  return until(
    `${runId} ends`,
    async () => {
      await sleep(50);
      const run = await client.run(runId).catch(() => undefined);
      return run?.finished_at ? run : undefined;
    },
    60_000,
  );
}

test("The embedded server killed twice in the middle of runs: the service goes on when it is back", async () => {
  const dataDir = mkdtempSync(path.join(os.tmpdir(), "countersign-killed-"));
  chmodSync(dataDir, 0o755); // as root the server runs as another user, who has to reach it
  await using service = await startWorker("main", {
    DATA_DIR: dataDir,
    MODEL: "demo",
    LANGUAGE: "en",
  });
  const client = openClient({ url: service.url });
  const session = await client.createSession({ user_id: "U1" });
  const runs = [];
  for (let n = 1; n <= 2; n++) {
    runs.push(await submit(client, session.id, `run ${10 + n} steps, 100 ms each`));
    const pidFile = path.join(dataDir, "postgres/data/postmaster.pid");
    const pid = Number(readFileSync(pidFile, "utf8").split("\n")[0]);
    await sleep(500);
    process.kill(pid, "SIGKILL");
  }
  runs.push(await submit(client, session.id, "multiply 6 by 7"));
  for (const { id } of runs) {
    const run = await ended(client, id);
    assert.equal(run.status, "completed", JSON.stringify(run.error));
  }
  await service.kill("SIGTERM");
  assert.equal(await service.ended, 0, service.output());
  rmSync(dataDir, { recursive: true, force: true });
});
