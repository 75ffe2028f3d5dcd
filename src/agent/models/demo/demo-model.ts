import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { CallbackManagerForLLMRun } from "@langchain/core/callbacks/manager";
import {
  BaseChatModel,
  type BaseChatModelCallOptions,
  type BindToolsInput,
} from "@langchain/core/language_models/chat_models";
import { AIMessageChunk, type BaseMessage } from "@langchain/core/messages";
import { ChatGenerationChunk, type ChatResult } from "@langchain/core/outputs";
import { convertToOpenAITool } from "@langchain/core/utils/function_calling";
import { untilAttemptEnds } from "../attempt-signal.ts";
import { type RuleOptions, reply } from "./rules.ts";
import { type BoundTool, type Call, readTurn } from "./turn.ts";

type CallOptions = BaseChatModelCallOptions & { tools?: BoundTool[] };

/** Code points in a streamed chunk: small, so that streaming can be seen. */
const CHUNK = /[\s\S]{1,8}/gu;

/**
 * A chat model made of a few fixed rules. It is no language model, says so when asked, and needs no key:
 * it is there to try the whole service, and to test it. The same prompt gives the same words and calls;
 * only the call ids differ. `stepDelayMs` is the pause before each step of a long run.
 */
export class DemoModel extends BaseChatModel<CallOptions> {
  readonly #options: RuleOptions;

  constructor(options: Partial<RuleOptions> = {}) {
    super({});
    this.#options = { stepDelayMs: 0, ...options };
  }

  override _llmType(): string {
    return "demo-rules-not-a-language-model";
  }

  override bindTools(tools: BindToolsInput[], options: Partial<CallOptions> = {}) {
    return this.withConfig({ ...options, tools: tools.map(toBoundTool) });
  }

  override async *_streamResponseChunks(
    messages: BaseMessage[],
    options: this["ParsedCallOptions"],
    runManager?: CallbackManagerForLLMRun,
  ): AsyncGenerator<ChatGenerationChunk> {
    const { signal } = untilAttemptEnds(options);
    signal?.throwIfAborted();
    const answer = reply(readTurn(messages, options.tools ?? []), this.#options);
    if (answer.delayMs) await sleep(answer.delayMs, undefined, { signal });
    for (const text of answer.text.match(CHUNK) ?? []) {
      signal?.throwIfAborted();
      const chunk = textChunk(text);
      yield chunk;
      await runManager?.handleLLMNewToken(text, undefined, undefined, undefined, undefined, {
        chunk,
      });
    }
    for (const [index, call] of (answer.calls ?? []).entries())
      for (const chunk of callChunks(call, index)) {
        yield chunk;
        await runManager?.handleLLMNewToken("", undefined, undefined, undefined, undefined, {
          chunk,
        });
      }
    yield finishChunk(answer.calls?.length ? "tool_calls" : "stop");
  }

  override async _generate(
    messages: BaseMessage[],
    options: this["ParsedCallOptions"],
    runManager?: CallbackManagerForLLMRun,
  ): Promise<ChatResult> {
    let whole = textChunk("");
    for await (const chunk of this._streamResponseChunks(messages, options, runManager))
      whole = whole.concat(chunk);
    return { generations: [whole] };
  }
}

function toBoundTool(tool: BindToolsInput): BoundTool {
  const { name, parameters } = convertToOpenAITool(
    tool as Parameters<typeof convertToOpenAITool>[0],
  ).function;
  return { name, parameters: (parameters ?? {}) as BoundTool["parameters"] };
}

function textChunk(text: string): ChatGenerationChunk {
  return new ChatGenerationChunk({ text, message: new AIMessageChunk(text) });
}

function callChunks(call: Call, index: number): ChatGenerationChunk[] {
  const [first = "", ...more] = JSON.stringify(call.args).match(CHUNK) ?? [];
  const head = { name: call.name, id: `call_${randomUUID()}`, args: first, index };
  return [head, ...more.map((args) => ({ args, index }))].map(
    (part) =>
      new ChatGenerationChunk({
        text: "",
        message: new AIMessageChunk({
          content: "",
          tool_call_chunks: [{ type: "tool_call_chunk", ...part }],
        }),
      }),
  );
}

function finishChunk(reason: "stop" | "tool_calls"): ChatGenerationChunk {
  return new ChatGenerationChunk({
    text: "",
    message: new AIMessageChunk({ content: "", response_metadata: { model_name: "demo" } }),
    generationInfo: { finish_reason: reason },
  });
}
