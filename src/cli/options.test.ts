import assert from "node:assert/strict";
import { test } from "node:test";
import { readOptions } from "./options.ts";

function options(args: string[], env: Record<string, string> = {}, osUser = "ada") {
  const read = readOptions(args, env, osUser);
  assert.equal(read.kind, "options");
  return read.kind === "options" ? read.options : assert.fail();
}

test("without options it is the machine's user on the default port", () => {
  assert.deepEqual(options([]), {
    user: "ada",
    url: "http://127.0.0.1:8001",
    apiKey: undefined,
    language: undefined,
  });
  assert.equal(options([], {}, "").user, "local");
  assert.equal(options([], { PORT: "9000" }).url, "http://127.0.0.1:9000");
});

test("options go before the environment", () => {
  const read = options(
    ["--user", "test2", "--url", "https://agent.example/x", "--language", "zh"],
    { LANG: "en_US.UTF-8", PORT: "9000", COUNTERSIGN_API_KEY: "secret" },
  );
  assert.deepEqual(read, {
    user: "test2",
    url: "https://agent.example/x",
    apiKey: "secret",
    language: "zh",
  });
});

test("the locale chooses the language as POSIX has it, and C says nothing", () => {
  assert.equal(options([], { LANG: "zh_CN.UTF-8" }).language, "zh");
  assert.equal(options([], { LANG: "zh_CN.UTF-8", LC_ALL: "de_DE" }).language, "en");
  assert.equal(options([], { LANG: "en_GB", LC_MESSAGES: "zh_TW" }).language, "zh");
  for (const locale of ["", "C", "C.UTF-8", "POSIX"])
    assert.equal(options([], { LANG: locale }).language, undefined);
});

test("a wrong option is told, in the locale's language", () => {
  for (const args of [["--frob"], ["--user"], ["--url", "ftp://x"], ["--language", "fr"], ["x"]]) {
    const read = readOptions(args, {}, "ada");
    assert.ok(read.kind === "notice" && read.isFault, args.join(" "));
  }
  const read = readOptions(["--language", "fr"], { LANG: "zh_CN" }, "ada");
  assert.match(read.kind === "notice" ? read.text : "", /应为 en 或 zh/);
});
