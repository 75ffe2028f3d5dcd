import { ChatOpenAI, type ChatOpenAIFields, ChatOpenAIResponses } from "@langchain/openai";
import type { NamedModel } from "./named-model.ts";
import { hiding, shownAddress } from "./shown.ts";
import { StrictCompletions } from "./strict-completions.ts";

export type Endpoint = {
  /** As it is configured: `openai:gpt-5-mini`. */
  name: string;
  /** As the vendor calls it. */
  model: string;
  /** The base URL, with its `/v1`. */
  address: string;
  key: string | undefined;
  keyName: string;
  headers?: Record<string, string>;
  timeoutMs: number;
};

/** A model behind any OpenAI-compatible address. */
export function openAiModel(endpoint: Endpoint): NamedModel {
  const { name, address, keyName, key, headers = {} } = endpoint;
  const fields: ChatOpenAIFields = {
    model: endpoint.model,
    // Never undefined: the library would then send OPENAI_API_KEY to whatever address this is.
    apiKey: key ?? "none",
    useResponsesApi: false,
    // Retries are ours (call-models.ts): they know the other models and the person who waits.
    maxRetries: 0,
    timeout: endpoint.timeoutMs,
    configuration: {
      baseURL: address,
      organization: null,
      project: null,
      defaultHeaders: headers,
    },
  };
  // LangGraph binds the tools at every call, and ChatOpenAI then builds itself, both of its halves and their
  // clients anew: 1.0 instead of 0.65 ms of CPU a call. Halves that are handed in are kept.
  const model = new ChatOpenAI({
    ...fields,
    completions: new StrictCompletions(fields),
    responses: new ChatOpenAIResponses(fields),
  });
  return {
    name,
    model,
    address: shownAddress(address),
    keyName,
    hide: hiding([key, address, new URL(address).password, ...Object.values(headers)]),
  };
}
