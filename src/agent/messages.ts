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
      ...(isEdit(message.artifact) && { edited_args: message.artifact.editedArgs }),
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
  return { type: "human", id, content, ...(message.name !== undefined && { name: message.name }) };
}

export function fromStored(stored: StoredMessage): BaseMessage {
  switch (stored.type) {
    case "human":
      return new HumanMessage(stored);
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
        ...(stored.edited_args && { artifact: { editedArgs: stored.edited_args } }),
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

function isEdit(artifact: unknown): artifact is { editedArgs: Record<string, unknown> } {
  return typeof artifact === "object" && artifact !== null && "editedArgs" in artifact;
}

/**
 * What the model is shown of a result whose call ran with edited arguments. The AI message keeps what the
 * model asked for, so the result has to say what ran; the stored result keeps the tool's own words.
 */
export function tellOfEdit(message: BaseMessage): BaseMessage {
  if (!ToolMessage.isInstance(message) || !isEdit(message.artifact)) return message;
  return new ToolMessage({
    ...(message.id !== undefined && { id: message.id }),
    ...(message.name !== undefined && { name: message.name }),
    ...(message.status !== undefined && { status: message.status }),
    tool_call_id: message.tool_call_id,
    content: `[edited: ${JSON.stringify(message.artifact.editedArgs)}] ${message.text}`,
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
