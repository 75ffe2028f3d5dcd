import assert from "node:assert/strict";
import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { readConfig } from "#src/config.ts";
import { LANGUAGES } from "#src/events.ts";

const root = join(import.meta.dirname, "../..");
const read = (file: string) => readFileSync(join(root, file), "utf8");
const READMES = ["README.md", "README.zh-CN.md"];

/** The variables that src/config.ts reads, as they stand in its schema. */
function variables(): string[] {
  const [, schema = ""] =
    /const envSchema = z\.object\(\{\n([\s\S]*?)\n\}\);/.exec(read("src/config.ts")) ?? [];
  return [...schema.matchAll(/^ {2}([A-Z][A-Z0-9_]*):/gm)].map(([, name = ""]) => name).sort();
}

/** Rows of the configuration table: variable and default. */
function table(readme: string): Map<string, string> {
  const rows = readme.matchAll(/^\| `([A-Z][A-Z0-9_]*)` \|\s*(?:`([^`]*)`|[^|]*?)\s*\|/gm);
  return new Map([...rows].map(([, name = "", value = ""]) => [name, value]));
}

for (const readme of READMES) {
  test(`${readme}: its table lists the variables that src/config.ts reads`, () => {
    assert.ok(variables().length > 20);
    assert.deepEqual([...table(read(readme)).keys()].sort(), variables());
  });

  test(`${readme}: its defaults are those of src/config.ts`, () => {
    const config: Record<string, unknown> = { ...readConfig({}), DATA_DIR: ".data" };
    for (const [name, value] of table(read(readme)))
      if (value !== "") assert.equal(value, String(config[name]), name);
  });

  test(`${readme}: the two commands stand in it, as they are`, () => {
    for (const command of ["npm ci && npm start", "npm ci && npm test"])
      assert.ok(read(readme).includes(command), command);
  });
}

test(".env.example lists the variables that src/config.ts reads, all of them off", () => {
  const lines = read(".env.example")
    .split("\n")
    .filter((line) => /^#?[A-Z]/.test(line));
  assert.deepEqual(
    lines.filter((line) => !line.startsWith("#")),
    [],
  );
  assert.deepEqual(lines.map((line) => line.slice(1).split("=")[0]).sort(), variables());
});

test(".env.example is a configuration that is taken as it is", () => {
  const lines = [...read(".env.example").matchAll(/^#([A-Z_]+)=(.*)$/gm)];
  const env = Object.fromEntries(lines.map(([, name = "", value = ""]) => [name, value]));
  readConfig({ ...env, COUNTERSIGN_CONFIG: "" });
});

test("every npm script that the documentation names is there", () => {
  const { scripts } = JSON.parse(read("package.json")) as { scripts: Record<string, string> };
  for (const file of documents())
    for (const [, name = ""] of read(file).matchAll(/\bnpm run ([a-z:-]+)/g))
      assert.ok(scripts[name], `${file}: npm run ${name}`);
});

test("every link to a file leads to one", () => {
  for (const file of documents())
    for (const [, to = ""] of read(file).matchAll(/\]\((?!https?:)([^)#\s]+)[^)]*\)/g))
      assert.ok(existsSync(join(root, dirname(file), to)), `${file} links to ${to}`);
});

test("both languages' READMEs have the same sections", () => {
  const [en, ...others] = READMES.map((file) => read(file).match(/^## /gm)?.length);
  assert.equal(READMES.length, LANGUAGES.length);
  for (const other of others) assert.equal(other, en);
});

function documents(): string[] {
  return [...globSync("*.md", { cwd: root }), ...globSync("docs/**/*.md", { cwd: root })];
}
