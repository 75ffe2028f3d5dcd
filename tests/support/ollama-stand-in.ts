import type {
  ModelReply,
  ModelRequest,
  ModelScript,
  ModelStandIn,
  PromptMessage,
} from "./model-script.ts";
import { type Protocol, pieces, startStandIn } from "./stand-in-server.ts";

/** A scripted model behind Ollama's `/api/chat`, streamed and whole, and `/api/tags`, on a loopback port of its own. */
export function startOllamaStandIn(
  script: ModelScript,
  options: { port?: number } = {},
): Promise<ModelStandIn> {
  return startStandIn(ollama, script, options.port);
}

type OllamaBody = {
  model: string;
  stream?: boolean;
  messages: {
    role: PromptMessage["role"];
    content?: string;
    tool_calls?: { function: { name: string; arguments: unknown } }[];
  }[];
  tools?: { function: ModelRequest["tools"][number] }[];
};

const ollama: Protocol = {
  base: "",
  chatPath: "/api/chat",
  streamType: "application/x-ndjson",
  readRequest,
  chunks(reply, { model }) {
    const messages = [
      ...pieces(reply.text ?? "").map((content) => ({ content })),
      // Ollama sends each call whole, in a message of its own.
      ...toolCalls(reply).map((call) => ({ content: "", tool_calls: [call] })),
    ];
    const lines = messages.map((message) => ({
      ...head(model),
      message: { role: "assistant", ...message },
      done: false,
    }));
    const last = { ...head(model), message: { role: "assistant", content: "" }, ...end(reply) };
    return [...lines, last].map((line) => `${JSON.stringify(line)}\n`);
  },
  whole(reply, { model }) {
    const calls = toolCalls(reply);
    const message = {
      role: "assistant",
      content: reply.text ?? "",
      ...(calls.length > 0 && { tool_calls: calls }),
    };
    return { ...head(model), message, ...end(reply) };
  },
  error: (status) => ({ error: `scripted error ${status}` }),
  lists: {
    "/api/tags": { models: [{ name: "scripted:latest", model: "scripted:latest" }] },
    "/api/version": { version: "0.0.0" },
  },
};

function readRequest(body: unknown, headers: ModelRequest["headers"]): ModelRequest {
  const { model, stream = true, messages, tools = [] } = body as OllamaBody;
  return {
    model,
    stream,
    headers,
    tools: tools.map((tool) => tool.function),
    messages: messages.map(({ role, content = "", tool_calls = [] }) => ({
      role,
      text: content,
      calls: tool_calls.map(({ function: { name, arguments: args } }) => ({ name, args })),
    })),
  };
}

function toolCalls({ toolCalls = [] }: ModelReply) {
  return toolCalls.map(({ name, args }) => ({ function: { name, arguments: args } }));
}

function head(model: string) {
  return { model, created_at: "2026-01-01T00:00:00Z" };
}

function end({ usage: { input, output } = { input: 10, output: 5 } }: ModelReply) {
  return { done: true, done_reason: "stop", prompt_eval_count: input, eval_count: output };
}
