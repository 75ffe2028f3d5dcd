import assert from "node:assert/strict";
import { test } from "node:test";
import { startOllamaStandIn } from "#tests/support/ollama-stand-in.ts";
import { startOpenAiStandIn } from "#tests/support/openai-stand-in.ts";
import { type Config, readConfig } from "../../config.ts";
import { fileSchema } from "../../config-file.ts";
import { ConfigError } from "../../errors.ts";
import { openModels } from "./open-models.ts";

function config(env: Record<string, string> = {}, file: object = {}): Config {
  return { ...readConfig(env), file: fileSchema.parse(file) };
}

async function names(spec: string | undefined, given: Config): Promise<string[]> {
  return (await openModels(spec, given)).map(({ name }) => name);
}

async function ask(spec: string, given: Config): Promise<string> {
  const [named] = await openModels(spec, given);
  return (await named?.model.invoke("hello"))?.text ?? "";
}

test("openModels takes the first vendor that is configured, else demo", async () => {
  const keys = {
    OPENAI_API_KEY: "a",
    DASHSCOPE_API_KEY: "b",
    OLLAMA_BASE_URL: "http://127.0.0.1:1",
  };
  const { OPENAI_API_KEY, ...withoutOpenAi } = keys;
  const { DASHSCOPE_API_KEY, ...withoutKeys } = withoutOpenAi;
  assert.deepEqual(await names(undefined, config(keys)), ["openai:gpt-5-mini"]);
  assert.deepEqual(await names(undefined, config(withoutOpenAi)), ["qwen:qwen-plus"]);
  assert.deepEqual(await names(undefined, config(withoutKeys)), ["ollama:qwen3"]);
  assert.deepEqual(await names(undefined, config()), ["demo"]);
});

test("openModels keeps the order of a list, follows aliases and drops what is named twice", async () => {
  const given = config(
    { OPENAI_API_KEY: "a" },
    { models: { safe: "openai:gpt-5-mini, local", local: "ollama:qwen3:8b" } },
  );
  assert.deepEqual(await names("safe, demo,ollama:qwen3:8b", given), [
    "openai:gpt-5-mini",
    "ollama:qwen3:8b",
    "demo",
  ]);
});

test("openModels reaches a gateway under its own address, key and headers, never with OpenAI's key", async () => {
  await using gateway = await startOpenAiStandIn(() => ({ text: "from the gateway" }));
  await using open = await startOpenAiStandIn(() => ({ text: "without a key" }));
  const given = config(
    { OPENAI_API_KEY: "sk-openai" },
    {
      gateways: {
        oneapi: { base_url: gateway.url, api_key: "sk-oneapi", headers: { "x-team": "blue" } },
        vllm: { base_url: open.url },
      },
    },
  );
  // biome-ignore lint/style/noProcessEnv: the library would read it behind our back
  process.env.OPENAI_API_KEY = "sk-openai";
  assert.equal(await ask("oneapi:qwen/qwen3:8b", given), "from the gateway");
  assert.equal(await ask("vllm:llama", given), "without a key");
  // biome-ignore lint/style/noProcessEnv: as above
  delete process.env.OPENAI_API_KEY;
  assert.equal(gateway.requests[0]?.model, "qwen/qwen3:8b");
  assert.equal(gateway.requests[0]?.headers.authorization, "Bearer sk-oneapi");
  assert.equal(gateway.requests[0]?.headers["x-team"], "blue");
  assert.doesNotMatch(JSON.stringify(open.requests[0]?.headers), /sk-openai/);
});

test("openModels reaches OpenAI, DashScope and Ollama where they are said to be", async () => {
  await using openai = await startOpenAiStandIn(({ model }) => ({ text: `openai ${model}` }));
  await using qwen = await startOpenAiStandIn(({ model }) => ({ text: `qwen ${model}` }));
  await using ollama = await startOllamaStandIn(({ model }) => ({ text: `ollama ${model}` }));
  const given = config({
    OPENAI_API_KEY: "a",
    OPENAI_BASE_URL: openai.url,
    DASHSCOPE_API_KEY: "b",
    DASHSCOPE_BASE_URL: qwen.url,
    OLLAMA_BASE_URL: ollama.url,
  });
  assert.equal(await ask("openai:gpt-5-mini", given), "openai gpt-5-mini");
  assert.equal(await ask("qwen:qwen-plus", given), "qwen qwen-plus");
  assert.equal(await ask("ollama:qwen3:8b", given), "ollama qwen3:8b");
});

const refused: [what: string, spec: string, env: Record<string, string>, words: RegExp][] = [
  ["a missing key", "openai:gpt-5-mini", {}, /openai:gpt-5-mini needs OPENAI_API_KEY/],
  ["a missing key of DashScope", "qwen:qwen-plus", {}, /needs DASHSCOPE_API_KEY/],
  [
    "an unknown vendor",
    "claude:opus",
    {},
    /"claude:opus".*demo, openai:<model>.*corp:<model>.*fast/,
  ],
  ["an unknown alias", "slow", {}, /"slow".*fast/],
  ["a vendor without a model", "openai", { OPENAI_API_KEY: "a" }, /"openai"/],
  ["a name that objects have anyway", "constructor:x", {}, /"constructor:x"/],
  ["an alias that leads back to itself", "loop", {}, /loop → pool → loop/],
  ["an empty list", " , ", {}, /names no model/],
];
for (const [what, spec, env, words] of refused) {
  test(`openModels refuses ${what}`, async () => {
    const given = config(env, {
      models: { fast: "demo", loop: "pool", pool: "loop" },
      gateways: { corp: { base_url: "http://127.0.0.1:1/v1" } },
    });
    await assert.rejects(openModels(spec, given), (error) => {
      assert.ok(error instanceof ConfigError);
      assert.match(error.message, words);
      return true;
    });
  });
}
