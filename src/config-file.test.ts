// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the files' own placeholders look so
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { fileSchema, parseConfigFile, readConfigFile } from "./config-file.ts";
import { ConfigError } from "./errors.ts";

const example = "countersign.example.yaml";
const keys = { RELAY_API_KEY: "relay-key", AMAP_KEY: "amap-key", TICKETS_TOKEN: "token" };

/** The words of the refusal; fails where there is none. */
function refusal(text: string, env: Record<string, string> = {}): string {
  try {
    parseConfigFile(text, "file.yaml", env);
  } catch (error) {
    assert.ok(error instanceof ConfigError);
    return error.message;
  }
  return assert.fail("it was accepted");
}

test("the sample configuration is valid, and its ${NAME}s are filled in", () => {
  const path = `${import.meta.dirname}/../${example}`;
  const { mcp, gateways, channels } = readConfigFile(path, keys);
  assert.equal(gateways.relay?.api_key, "relay-key");
  assert.deepEqual(Object.keys(channels).length, 2);
  assert.partialDeepStrictEqual(mcp, {
    amap: { transport: "sse", url: "https://mcp.amap.com/sse?key=amap-key", allow_private: false },
    tickets: { headers: { authorization: "Bearer token" }, tier: "guarded" },
    files: { transport: "stdio", free: ["read_text_file", "list_directory"] },
  });
});

test("the sample configuration shows every key that there is", () => {
  const text = readFileSync(`${import.meta.dirname}/../${example}`, "utf8");
  for (const section of Object.keys(fileSchema.shape))
    assert.match(text, new RegExp(`^${section}:`, "m"));
});

test("parseConfigFile says on which line a variable is used that is not set", () => {
  const text =
    "mcp:\n  amap:\n    transport: sse\n    url: https://mcp.amap.com/sse?key=${AMAP_KEY}\n";
  assert.equal(refusal(text), "file.yaml:4: ${AMAP_KEY} is used, which is not set");
});

test("parseConfigFile fills in values, not keys, and never twice", () => {
  const { models } = parseConfigFile("models:\n  ${A}: x${A}y${B}\n", "file.yaml", {
    A: "${B}",
    B: "b",
  });
  assert.deepEqual(models, { "${A}": "x${B}yb" });
});

for (const [what, text] of [
  ["an empty file", ""],
  ["a file of comments", "# nothing\n"],
  ["a file of white space", " \n\n"],
] as const)
  test(`parseConfigFile refuses ${what}`, () => {
    assert.equal(refusal(text), "file.yaml is empty");
  });

for (const [what, text, words] of [
  ["a key twice", "models:\n  a: x\n  a: y\n", "file.yaml:3: Map keys must be unique"],
  [
    "an unknown section",
    "models: {}\ntool: {}\n",
    'file.yaml:2: (the file): Unrecognized key: "tool"',
  ],
  [
    "an unknown key",
    "tools:\n  a:\n    tier: ask\n    teir: ask\n",
    'file.yaml:4: tools.a: Unrecognized key: "teir"',
  ],
  [
    "an unknown tier",
    "tools:\n  a:\n    tier: lax\n",
    'file.yaml:3: tools.a.tier: Invalid option: expected one of "free"|"ask"|"guarded"|"dashboard"',
  ],
  [
    "an MCP server without an address",
    "mcp:\n  a:\n    transport: sse\n",
    "file.yaml:2: mcp.a.url: should be an http or https URL",
  ],
  [
    "an MCP server whose every tool would be free",
    "mcp:\n  a: { transport: stdio, command: x, tier: free }\n",
    'file.yaml:2: mcp.a.tier: Invalid option: expected one of "ask"|"guarded"|"dashboard"',
  ],
  [
    "a wrong entry of a list",
    "mcp:\n  a:\n    transport: stdio\n    command: x\n    free:\n      - b\n      - 7\n",
    "file.yaml:7: mcp.a.free.1: Invalid input: expected string, received number",
  ],
  [
    "a list for a file",
    "- models\n",
    "file.yaml: (the file): Invalid input: expected object, received array",
  ],
  ["an alias of nothing", "models: *none\n", /^file\.yaml: Unresolved alias/],
  [
    "a key of the first line that holds nothing",
    "policies:\nmodels: {}\n",
    "file.yaml:1: policies: Invalid input: expected object, received null",
  ],
] as const)
  test(`parseConfigFile refuses ${what}, and says where`, () => {
    if (typeof words === "string") assert.equal(refusal(text), words);
    else assert.match(refusal(text), words);
  });

test("parseConfigFile names every fault at once", () => {
  const text = "tools:\n  a: { tier: x }\n  b: { tier: y }\n";
  assert.deepEqual(refusal(text).match(/^file\.yaml:\d/gm), ["file.yaml:2", "file.yaml:3"]);
});

test("parseConfigFile says where the faults stand that only its caller can find", () => {
  const faultsOf = () => [
    { path: ["models", "b"], message: "is nothing" },
    { path: ["mcp", "gone"], message: "is not there" },
  ];
  assert.throws(() => parseConfigFile("models:\n  a: x\n  b: y\n", "file.yaml", {}, faultsOf), {
    message: "file.yaml:3: models.b: is nothing\nfile.yaml: mcp.gone: is not there",
  });
});

test("parseConfigFile shows no value, as it may be a secret", () => {
  const url = { KEY: "sesame open" };
  const texts = [
    "mcp:\n  a: { transport: sse, url: '${KEY}' }\n",
    "gateways:\n  a: { base_url: '${KEY}' }\n",
    "mcp:\n  a: { transport: sse, url: sesame: open }\n",
    "gateways: [sesame open\n",
  ];
  for (const text of texts) assert.doesNotMatch(refusal(text, url), /sesame/);
});

test("readConfigFile says which file can't be read", () => {
  assert.throws(
    () => readConfigFile("/nowhere/file.yaml", {}),
    /COUNTERSIGN_CONFIG names \/nowhere\/file\.yaml, which can't be read: ENOENT/,
  );
});
