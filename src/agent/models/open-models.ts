import type { Config } from "../../config.ts";
import { ConfigError } from "../../errors.ts";
import type { NamedModel } from "./named-model.ts";

export type { NamedModel } from "./named-model.ts";

const OPENAI = "https://api.openai.com/v1";
const OLLAMA = "http://127.0.0.1:11434";

/**
 * Opens the models of `spec`, in the order in which they are tried: `openai:gpt-5-mini`, `qwen:qwen-plus`,
 * `ollama:qwen3`, `demo`, `<gateway>:<model>` or an alias from the configuration file; several with commas.
 * Without a spec: the first vendor that is configured (OpenAI, DashScope, Ollama), else `demo`.
 * Nothing is called yet. Throws ConfigError that names what would fix it and what there is.
 */
export async function openModels(spec: string | undefined, config: Config): Promise<NamedModel[]> {
  const names = expand(spec ?? defaultModel(config), config);
  if (names.length === 0)
    throw new ConfigError("MODEL names no model; leave it unset, or write demo");
  return Promise.all(names.map((name) => open(name, config)));
}

/** The model that is used where none is named. */
function defaultModel(config: Config): string {
  if (config.OPENAI_API_KEY) return "openai:gpt-5-mini";
  if (config.DASHSCOPE_API_KEY) return "qwen:qwen-plus";
  if (config.OLLAMA_BASE_URL) return "ollama:qwen3";
  return "demo";
}

/** Splits a list, puts what an alias stands for in its place, and drops what was named before. */
function expand(spec: string, config: Config, within: string[] = []): string[] {
  const names = spec.split(",").map((name) => name.trim());
  const expanded = names.filter(Boolean).flatMap((name) => {
    const alias = Object.hasOwn(config.file.models, name) ? config.file.models[name] : undefined;
    if (alias === undefined) return [name];
    if (within.includes(name))
      throw new ConfigError(`models: ${[...within, name].join(" → ")} leads back to itself`);
    return expand(alias, config, [...within, name]);
  });
  return [...new Set(expanded)];
}

async function open(name: string, config: Config): Promise<NamedModel> {
  if (name === "demo") {
    const { DemoModel } = await import("./demo/demo-model.ts");
    return { name, model: new DemoModel() };
  }
  const [vendor = "", ...rest] = name.split(":");
  const model = rest.join(":");
  const timeoutMs = config.MODEL_TIMEOUT_SECONDS * 1000;
  const gateway = Object.hasOwn(config.file.gateways, vendor)
    ? config.file.gateways[vendor]
    : undefined;
  if (!model) throw unknownModel(name, config);
  if (gateway) {
    const { openAiModel } = await import("./openai.ts");
    const address = gateway.base_url;
    const keyName = `gateways.${vendor}.api_key`;
    return openAiModel({
      name,
      model,
      address,
      keyName,
      key: gateway.api_key,
      headers: gateway.headers,
      timeoutMs,
    });
  }
  switch (vendor) {
    case "openai": {
      const { openAiModel } = await import("./openai.ts");
      const address = config.OPENAI_BASE_URL ?? OPENAI;
      const key = required("OPENAI_API_KEY", config.OPENAI_API_KEY, name);
      return openAiModel({ name, model, address, keyName: "OPENAI_API_KEY", key, timeoutMs });
    }
    case "qwen": {
      const { qwenModel } = await import("./qwen.ts");
      const key = required("DASHSCOPE_API_KEY", config.DASHSCOPE_API_KEY, name);
      return qwenModel({ name, model, address: config.DASHSCOPE_BASE_URL, key, timeoutMs });
    }
    case "ollama": {
      const { ollamaModel } = await import("./ollama.ts");
      return ollamaModel({ name, model, address: config.OLLAMA_BASE_URL ?? OLLAMA });
    }
    default:
      throw unknownModel(name, config);
  }
}

function required(variable: string, value: string | undefined, name: string): string {
  if (value) return value;
  throw new ConfigError(`The model ${name} needs ${variable}, which is not set`);
}

function unknownModel(name: string, config: Config): ConfigError {
  const gateways = Object.keys(config.file.gateways).map((gateway) => `${gateway}:<model>`);
  const aliases = Object.keys(config.file.models);
  const known = [
    "demo",
    "openai:<model>",
    "qwen:<model>",
    "ollama:<model>",
    ...gateways,
    ...aliases,
  ];
  return new ConfigError(
    `There is no model ${JSON.stringify(name)}. There are: ${known.join(", ")}. Gateways and aliases are written in COUNTERSIGN_CONFIG`,
  );
}
