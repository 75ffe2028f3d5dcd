import type { NamedModel } from "./named-model.ts";
import { type Endpoint, openAiModel } from "./openai.ts";

/** Qwen, through DashScope's OpenAI-compatible endpoint. */
export function qwenModel(endpoint: Omit<Endpoint, "keyName">): NamedModel {
  return openAiModel({ ...endpoint, keyName: "DASHSCOPE_API_KEY" });
}
