import type { CallbackManagerForLLMRun } from "@langchain/core/callbacks/manager";
import type { AIMessageChunk, BaseMessage, BaseMessageChunk } from "@langchain/core/messages";
import type { ChatGenerationChunk } from "@langchain/core/outputs";
import { ChatOpenAICompletions } from "@langchain/openai";
import { ModelError } from "../../errors.ts";
import { untilAttemptEnds } from "./attempt-signal.ts";

type Completions = ChatOpenAICompletions;

/**
 * Chat completions as gateways really send them:
 * - a stream that ends without a finish reason was cut off; the library would take the half answer for the whole one;
 * - a first chunk without a role is the assistant's all the same;
 * - completion ids are dropped, since some gateways send the same one each time and LangGraph merges equal ids.
 */
export class StrictCompletions extends ChatOpenAICompletions {
  override async *_streamResponseChunks(
    messages: BaseMessage[],
    options: this["ParsedCallOptions"],
    runManager?: CallbackManagerForLLMRun,
  ): AsyncGenerator<ChatGenerationChunk> {
    const until = untilAttemptEnds(options);
    let finished = false;
    for await (const chunk of super._streamResponseChunks(messages, until, runManager)) {
      const { usage_metadata } = chunk.message as AIMessageChunk;
      finished ||= Boolean(chunk.generationInfo?.finish_reason ?? usage_metadata);
      yield chunk;
    }
    if (!finished && !until.signal?.aborted)
      throw new ModelError("model_unreachable", `The answer of ${this.model} broke off`);
  }

  override _generate(...[messages, options, runManager]: Parameters<Completions["_generate"]>) {
    return super._generate(messages, untilAttemptEnds(options), runManager);
  }

  override _convertCompletionsDeltaToBaseMessageChunk(
    ...[delta, raw, role]: Parameters<Completions["_convertCompletionsDeltaToBaseMessageChunk"]>
  ): BaseMessageChunk {
    const nameless = withoutId(raw);
    return super._convertCompletionsDeltaToBaseMessageChunk(delta, nameless, role ?? "assistant");
  }

  override _convertCompletionsMessageToBaseMessage(
    ...[message, raw]: Parameters<Completions["_convertCompletionsMessageToBaseMessage"]>
  ): BaseMessage {
    return super._convertCompletionsMessageToBaseMessage(message, withoutId(raw));
  }
}

/** The library gives the message an id of its own where there is none. */
function withoutId<T>(raw: T): T {
  return { ...raw, id: undefined };
}
