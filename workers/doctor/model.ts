import { callWithFallback } from "../../src/agent/models/call-models.ts";
import { type NamedModel, openModels } from "../../src/agent/models/open-models.ts";
import { ConfigError, messageOf } from "../../src/errors.ts";
import type { Check, Finding } from "./check.ts";

const WORDS = {
  en: {
    demo: "demo: rules, no language model",
    turnOn: "set OPENAI_API_KEY, DASHSCOPE_API_KEY or OLLAMA_BASE_URL for a real one",
    notAsked: (name: string, address: string) => `${name} at ${address}, not asked`,
    ask: "`npm run doctor -- --ask` asks it one tiny question",
    answers: (name: string, ms: number) => `${name} answers, in ${ms} ms`,
    write: "see MODEL in README.md",
    check: "check the key, the address and the model's name",
  },
  zh: {
    demo: "demo：基于规则，不是语言模型",
    turnOn: "设置 OPENAI_API_KEY、DASHSCOPE_API_KEY 或 OLLAMA_BASE_URL 可启用真实模型",
    notAsked: (name: string, address: string) => `${name}，${address}，未发送请求`,
    ask: "`npm run doctor -- --ask` 会向它提一个很小的问题",
    answers: (name: string, ms: number) => `${name} 已回答，用时 ${ms} 毫秒`,
    write: "参见 README.zh-CN.md 中的 MODEL",
    check: "请检查密钥、地址和模型名称",
  },
} as const;

/** Whether the configured models can be opened: key present, name known. With `ask` each must answer as well. */
export const model: Check = {
  name: { en: "Model", zh: "模型" },
  async run({ config, ask }) {
    const words = WORDS[config.LANGUAGE];
    let models: NamedModel[];
    try {
      models = await openModels(config.MODEL, config);
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      return [{ state: "failed", text: error.message, fix: words.write }];
    }
    const timeoutMs = config.MODEL_TIMEOUT_SECONDS * 1000;
    return Promise.all(
      models.map(async (one): Promise<Finding> => {
        const { name, address } = one;
        if (address === undefined) return { state: "warning", text: words.demo, fix: words.turnOn };
        if (!ask) return { state: "ok", text: words.notAsked(name, address), fix: words.ask };
        try {
          return { state: "ok", text: words.answers(name, await askOnce(one, timeoutMs)) };
        } catch (error) {
          return { state: "failed", text: messageOf(error), fix: words.check };
        }
      }),
    );
  },
};

/** Gives how long the answer took, ms. Rejects with a ModelError in words for people. */
async function askOnce(one: NamedModel, timeoutMs: number): Promise<number> {
  const since = performance.now();
  await callWithFallback([one], ({ model }, signal) => model.invoke("Say OK.", { signal }), {
    timeoutMs,
    retries: 0,
  });
  return Math.round(performance.now() - since);
}
