import type { CallbackManagerForLLMRun } from "@langchain/core/callbacks/manager";
import type { BaseMessage } from "@langchain/core/messages";
import type { ChatGenerationChunk } from "@langchain/core/outputs";
import { ChatOllama } from "@langchain/ollama";
import { untilAttemptEnds } from "./attempt-signal.ts";
import type { NamedModel } from "./named-model.ts";
import { shownAddress } from "./shown.ts";

/** A model that Ollama serves at `address`, e.g. `http://127.0.0.1:11434`. */
export function ollamaModel(endpoint: {
  name: string;
  model: string;
  address: string;
}): NamedModel {
  const { name, model, address } = endpoint;
  return { name, address: shownAddress(address), model: new AbortableOllama(model, address) };
}

/**
 * ChatOllama looks at the abort signal only when a chunk comes in, and then aborts every call of its client.
 * Here each call has a client of its own, whose request ends with the signal.
 */
class AbortableOllama extends ChatOllama {
  constructor(model: string, baseUrl: string) {
    super({ model, baseUrl });
  }

  override async *_streamResponseChunks(
    messages: BaseMessage[],
    options: this["ParsedCallOptions"],
    runManager?: CallbackManagerForLLMRun,
  ): AsyncGenerator<ChatGenerationChunk> {
    const { model, baseUrl } = this;
    const until = untilAttemptEnds(options);
    const one = new ChatOllama({ model, baseUrl, fetch: checkedFetch(until.signal) });
    yield* one._streamResponseChunks(messages, until, runManager);
  }
}

/** Ends with `signal`, and rejects an error status with its `status`, `headers` and the server's words. */
function checkedFetch(signal: AbortSignal | undefined): typeof fetch {
  return async (url, init = {}) => {
    const signals = [signal, init.signal].filter((one) => one instanceof AbortSignal);
    const response = await fetch(url, { ...init, signal: AbortSignal.any(signals) });
    if (response.ok) return response;
    const words = await response.text();
    throw Object.assign(new Error(words || response.statusText), {
      status: response.status,
      headers: response.headers,
    });
  };
}
