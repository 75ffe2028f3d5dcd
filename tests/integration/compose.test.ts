import assert from "node:assert/strict";
import { existsSync, globSync, readFileSync } from "node:fs";
import { builtinModules } from "node:module";
import { join } from "node:path";
import { test } from "node:test";
import { parse } from "yaml";
import { testDatabase } from "#tests/support/database.ts";
import { send } from "#tests/support/http.ts";
import { freePort } from "#tests/support/mcp-process.ts";
import { startProgram, startWorker, type WorkerProcess } from "#tests/support/process.ts";
import { testRedis } from "#tests/support/redis.ts";
import { until } from "#tests/support/until.ts";

type Service = {
  image: string;
  build?: { context: string; dockerfile: string };
  command?: string[];
  environment?: Record<string, string | number>;
  depends_on?: Record<string, { condition: string }>;
  ports?: string[];
  profiles?: string[];
  volumes?: string[];
  healthcheck?: object;
};

type Compose = { services: Record<string, Service>; volumes: Record<string, null> };

const root = join(import.meta.dirname, "../..");
const read = (file: string) => readFileSync(join(root, file), "utf8");
const PROCESSES = ["api", "agent", "janitor", "delivery", "gateway"] as const;

/** The file as Compose reads it: `${NAME:-default}` and `${NAME:?words}` filled in from `env`. */
function readCompose(env: Record<string, string>): Compose {
  const filled = read("docker/compose.yaml").replaceAll(
    /\$\{([A-Z_]+):([-?])([^}]*)\}/g,
    (_, name: string, kind: string, words: string) => {
      const value = env[name] || (kind === "-" ? words : undefined);
      if (value === undefined) throw new Error(`${name}: ${words}`);
      return value;
    },
  );
  return parse(filled, { merge: true }) as Compose;
}

const compose = readCompose({ API_KEYS: "none" });

test("docker/compose.yaml asks for API_KEYS and says how to make them", () => {
  assert.throws(() => readCompose({}), /API_KEYS: run npm run api-key/);
});

test("docker/compose.yaml publishes ports on loopback only", () => {
  const ports = Object.values(compose.services).flatMap((service) => service.ports ?? []);
  assert.ok(ports.length > 0);
  for (const port of ports) assert.match(port, /^127\.0\.0\.1:/);
});

test("docker/compose.yaml has a profile with PostgreSQL and Redis alone", () => {
  const stores = Object.values(compose.services).filter((one) => one.profiles?.includes("stores"));
  assert.deepEqual(stores.map(({ image }) => image.split(":")[0]).sort(), ["postgres", "redis"]);
});

test("docker/compose.yaml names only volumes that it declares, and a health check for each store", () => {
  for (const { volumes = [], image, healthcheck } of Object.values(compose.services)) {
    for (const volume of volumes)
      assert.ok(String(volume.split(":")[0]) in compose.volumes, volume);
    if (image !== "countersign") assert.ok(healthcheck, image);
  }
});

test("every process of docker/compose.yaml runs from the one image, and waits for its stores", () => {
  for (const name of PROCESSES) {
    const { image, build, command, depends_on } = compose.services[name] ?? assert.fail(name);
    assert.equal(image, "countersign");
    assert.ok(existsSync(join(root, "docker", build?.context ?? "", build?.dockerfile ?? "")));
    assert.deepEqual(command, [`workers/${name}.ts`]);
    for (const store of ["postgres", "redis"])
      assert.equal(depends_on?.[store]?.condition, "service_healthy");
  }
});

test("the processes of docker/compose.yaml do a run together, by their commands and environment", async (t) => {
  await using opening = new AsyncDisposableStack();
  const database = opening.use(await testDatabase());
  const redis = opening.use(await testRedis());
  const { key, entry } = await makeKey();
  const { services } = readCompose({ API_KEYS: entry });
  const started: WorkerProcess[] = [];
  for (const name of PROCESSES) {
    const { HOST, ...given } = services[name]?.environment ?? {};
    assert.equal(HOST, "0.0.0.0");
    const env = Object.fromEntries(Object.entries(given).map(([key, it]) => [key, String(it)]));
    assert.equal(URL.parse(env.DATABASE_URL ?? "")?.host, "postgres:5432");
    assert.equal(URL.parse(env.REDIS_URL ?? "")?.host, "redis:6379");
    // A container has its ports and address for itself; here they share one machine.
    const port = String(await freePort());
    const here = { DATABASE_URL: database.url, REDIS_URL: redis.url };
    const own = { ...env, ...here, PORT: port, HEALTH_PORT: port };
    started.push(opening.use(await startWorker(name, own)));
  }

  await t.test("a run goes through all of them", async () => {
    const url = started[0]?.url ?? "";
    const headers = { authorization: `Bearer ${key}` };
    const ask = async (method: string, at: string, json?: unknown) => {
      const { status, body } = await send(url, method, at, { json, headers });
      assert.ok(status < 300, JSON.stringify(body));
      return body;
    };
    assert.equal((await send(url, "GET", "/v1/settings")).status, 401);
    const session = await ask("POST", "/v1/sessions", { user_id: "ada" });
    const input = "book the Grand hotel";
    const run = await ask("POST", `/v1/sessions/${session.id}/runs`, { input });
    const at = (status: string) => async () => {
      const now = await ask("GET", `/v1/runs/${run.id}`);
      return now.status === status ? now : undefined;
    };
    await until("the run waits", at("waiting"));
    const { data } = await ask("GET", `/v1/approvals?run_id=${run.id}`);
    const [approval] = data as { id: string }[];
    const decision = { type: "accept", user_id: "ada" };
    await ask("POST", `/v1/approvals/${approval?.id}/decision`, decision);
    const done = await until("the run is done", at("completed"));
    assert.match(String(done.answer), /Grand hotel/);
  });

  await t.test("SIGTERM ends each with exit code 0", async () => {
    const codes = await Promise.all(started.map(endOf));
    assert.deepEqual(
      codes,
      PROCESSES.map(() => 0),
    );
  });
});

test("docker/Dockerfile runs our processes as an ordinary user, by the same command as npm start", () => {
  const dockerfile = read("docker/Dockerfile");
  const { scripts } = JSON.parse(read("package.json")) as { scripts: { start: string } };
  const [, entry = "[]"] = /^ENTRYPOINT (\[.*\])$/m.exec(dockerfile) ?? [];
  assert.equal(["exec", ...JSON.parse(entry), "workers/main.ts"].join(" "), scripts.start);
  assert.match(dockerfile, /^USER node$/m);
  assert.match(dockerfile, /^HEALTHCHECK /m);
  assert.match(dockerfile, /npm ci --omit=dev --omit=optional --ignore-scripts/);
});

test("docker/Dockerfile has the Node that package.json pins", () => {
  const { dependencies } = JSON.parse(read("package.json")) as { dependencies: { node: string } };
  for (const [, version] of read("docker/Dockerfile").matchAll(/^FROM node:([\d.]+)/gm))
    assert.equal(version, dependencies.node);
});

test("no file that runs in the image imports a package that the image leaves out", () => {
  const { dependencies } = JSON.parse(read("package.json")) as { dependencies: object };
  const files = globSync("{src,db,adapters,workers}/**/*.ts", { cwd: root });
  const imported = /(?:\bfrom|\bimport)\s*\(?\s*["']([^"'.#][^"']*)["']/g;
  for (const file of files.filter((name) => !name.endsWith(".test.ts")))
    for (const [statement, to = ""] of read(file).matchAll(imported)) {
      if (/^import type/.test(statement) || to.startsWith("node:") || builtinModules.includes(to))
        continue;
      const name = to
        .split("/")
        .slice(0, to.startsWith("@") ? 2 : 1)
        .join("/");
      assert.ok(name in dependencies, `${file} imports ${name}`);
    }
});

async function makeKey(): Promise<{ key: string; entry: string }> {
  await using program = startProgram("workers/api-key.ts", ["--name", "compose"]);
  assert.equal(await program.ended, 0);
  const [key = ""] = /csk_\S+/.exec(program.output()) ?? [];
  const [, entry = ""] = /API_KEYS=(\S+)/.exec(program.output()) ?? [];
  return { key, entry };
}

async function endOf(process: WorkerProcess): Promise<number | NodeJS.Signals> {
  await process.kill("SIGTERM");
  const code = await process.ended;
  assert.equal(code, 0, process.output());
  return code;
}
