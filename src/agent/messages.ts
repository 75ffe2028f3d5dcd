import {
  AIMessage,
  type BaseMessage,
  HumanMessage,
  SystemMessage,
  ToolMessage,
} from "@langchain/core/messages";
import type { StoredMessage, Usage } from "../message.ts";

/** Our form of a LangChain message. Content becomes text: blocks are joined, what is no text is left out. */
export function toStored(message: BaseMessage): StoredMessage {
  const id = message.id ?? "";
  const content = message.text;
  if (ToolMessage.isInstance(message))
    return {
      type: "tool",
      id,
      content,
      name: message.name ?? "",
      tool_call_id: message.tool_call_id,
      status: message.status === "error" ? "error" : "success",
      ...storedArtifact(message.artifact),
    };
  if (AIMessage.isInstance(message))
    return {
      type: "ai",
      id,
      content,
      ...(message.tool_calls?.length && {
        tool_calls: message.tool_calls.map((call) => ({
          id: call.id ?? "",
          name: call.name,
          args: call.args,
        })),
      }),
      ...usageOf(message),
    };
  if (SystemMessage.isInstance(message)) return { type: "system", id, content };
  const taint = taintOf([message]);
  return {
    type: "human",
    id,
    content,
    ...(message.name !== undefined && { name: message.name }),
    ...(taint.length > 0 && { taint }),
  };
}

export function fromStored(stored: StoredMessage): BaseMessage {
  switch (stored.type) {
    case "human":
      return new HumanMessage({
        id: stored.id,
        content: stored.content,
        ...(stored.name !== undefined && { name: stored.name }),
        ...(stored.taint && { additional_kwargs: { taint: stored.taint } }),
      });
    case "system":
      return new SystemMessage(stored);
    case "ai":
      return new AIMessage({
        id: stored.id,
        content: stored.content,
        tool_calls: (stored.tool_calls ?? []).map((call) => ({
          ...call,
          type: "tool_call" as const,
        })),
      });
    case "tool":
      return new ToolMessage({
        id: stored.id,
        content: stored.content,
        name: stored.name,
        tool_call_id: stored.tool_call_id,
        status: stored.status,
        artifact: {
          ...(stored.edited_args && { editedArgs: stored.edited_args }),
          ...(stored.taint && { taint: stored.taint }),
        },
      });
    default: {
      const never: never = stored;
      throw new TypeError(`Unknown message ${JSON.stringify(never)}`);
    }
  }
}

function usageOf(message: AIMessage): { usage?: Usage } {
  const usage = message.usage_metadata as Usage | undefined;
  if (!usage) return {};
  const { input_tokens, output_tokens, total_tokens } = usage;
  return { usage: { input_tokens, output_tokens, total_tokens } };
}

/** What our tool middleware keeps beside a result, out of the model's sight. */
type Artifact = { editedArgs?: Record<string, unknown>; taint?: string[] };

function storedArtifact(artifact: unknown) {
  const { editedArgs, taint } = (artifact ?? {}) as Artifact;
  return { ...(editedArgs && { edited_args: editedArgs }), ...(taint && { taint }) };
}

/** The untrusted sources of messages, each once. */
export function taintOf(messages: BaseMessage[]): string[] {
  const sources = messages.flatMap((message) =>
    ToolMessage.isInstance(message)
      ? ((message.artifact as Artifact | undefined)?.taint ?? [])
      : ((message.additional_kwargs.taint as string[] | undefined) ?? []),
  );
  return [...new Set(sources)];
}

/**
 * What the model is shown of a result whose call ran with edited arguments. The AI message keeps what the
 * model asked for, so the result has to say what ran; the stored result keeps the tool's own words.
 */
export function tellOfEdit(message: BaseMessage): BaseMessage {
  if (!ToolMessage.isInstance(message)) return message;
  const { editedArgs } = (message.artifact ?? {}) as Artifact;
  if (!editedArgs) return message;
  return new ToolMessage({
    ...(message.id !== undefined && { id: message.id }),
    ...(message.name !== undefined && { name: message.name }),
    ...(message.status !== undefined && { status: message.status }),
    tool_call_id: message.tool_call_id,
    content: `[edited: ${JSON.stringify(editedArgs)}] ${message.text}`,
  });
}

/** Answers every open call of the last AI message, so that the history stays valid for every vendor. */
export function closeOpenCalls(messages: StoredMessage[], words: string): StoredMessage[] {
  const answered = new Set(messages.flatMap((m) => (m.type === "tool" ? [m.tool_call_id] : [])));
  return messages.flatMap((message, index): StoredMessage[] => {
    if (message.type !== "ai" || !message.tool_calls) return [message];
    const following = messages.slice(index + 1);
    if (following.some((later) => later.type === "ai")) return [message];
    const open = message.tool_calls.filter((call) => !answered.has(call.id));
    return [
      message,
      ...open.map(
        (call): StoredMessage => ({
          type: "tool",
          id: `${message.id}/${call.id}`,
          content: words,
          name: call.name,
          tool_call_id: call.id,
          status: "error",
        }),
      ),
    ];
  });
}
