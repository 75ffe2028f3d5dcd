import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

type Package = {
  dependencies?: Versions;
  devDependencies?: Versions;
  optionalDependencies?: Versions;
};
type Versions = Record<string, string>;

const root = join(import.meta.dirname, "../..");
const read = (file: string) => JSON.parse(readFileSync(join(root, file), "utf8"));
const lock = read("package-lock.json") as { packages: Record<string, Package> };

// What a fresh clone takes is shown by `npm run check:fresh`; here is what can be told without installing.

test("package-lock.json has the packages of every platform, without which npm 11 refuses `npm ci`", () => {
  for (const [path, { optionalDependencies = {} }] of Object.entries(lock.packages))
    for (const name of Object.keys(optionalDependencies)) {
      const isThere =
        `node_modules/${name}` in lock.packages || `${path}/node_modules/${name}` in lock.packages;
      assert.ok(isThere, `${path || "package.json"} may need ${name}`);
    }
});

test("package-lock.json is that of package.json", () => {
  const { dependencies, devDependencies, optionalDependencies } = read("package.json") as Package;
  const locked = lock.packages[""];
  assert.deepEqual(locked?.dependencies, dependencies);
  assert.deepEqual(locked?.devDependencies, devDependencies);
  assert.deepEqual(locked?.optionalDependencies, optionalDependencies);
});

test("npm start hands SIGTERM to Node, and npm 12 lets Node install itself", () => {
  const { scripts, allowScripts } = read("package.json");
  assert.match(scripts.start, /^exec node /);
  assert.equal(allowScripts.node, true);
});
