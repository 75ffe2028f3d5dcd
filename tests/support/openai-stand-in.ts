import type {
  ModelReply,
  ModelRequest,
  ModelScript,
  ModelStandIn,
  PromptMessage,
} from "./model-script.ts";
import { type Protocol, pieces, startStandIn } from "./stand-in-server.ts";

/** A scripted model behind OpenAI's chat completions, streamed and whole, on a loopback port of its own. */
export function startOpenAiStandIn(
  script: ModelScript,
  options: { port?: number } = {},
): Promise<ModelStandIn> {
  return startStandIn(openAi(), script, options.port);
}

type OpenAiBody = {
  model: string;
  stream?: boolean;
  stream_options?: { include_usage?: boolean };
  messages: {
    role: string;
    content?: string | { type: string; text?: string }[] | null;
    tool_calls?: { id: string; function: { name: string; arguments: string } }[];
    tool_call_id?: string;
  }[];
  tools?: { function: ModelRequest["tools"][number] }[];
};

function openAi(): Protocol {
  let calls = 0;
  const toolCalls = ({ toolCalls = [] }: ModelReply) =>
    toolCalls.map(({ id, name, args }) => ({
      id: id ?? `call_${++calls}`,
      type: "function",
      function: { name, arguments: typeof args === "string" ? args : JSON.stringify(args) },
    }));
  return {
    base: "/v1",
    chatPath: "/v1/chat/completions",
    streamType: "text/event-stream",
    readRequest,
    chunks(reply, { model }) {
      const deltas = [
        { role: "assistant", content: "" },
        ...pieces(reply.text ?? "").map((content) => ({ content })),
        ...toolCalls(reply).flatMap(({ function: { name, arguments: args }, ...call }, index) => [
          { tool_calls: [{ index, ...call, function: { name, arguments: "" } }] },
          ...pieces(args).map((part) => ({
            tool_calls: [{ index, function: { arguments: part } }],
          })),
        ]),
      ];
      return [
        ...deltas.map((delta) => event(model, [{ index: 0, delta, finish_reason: null }])),
        event(model, [{ index: 0, delta: {}, finish_reason: finish(reply) }]),
        event(model, [], usage(reply)),
        "data: [DONE]\n\n",
      ];
    },
    whole(reply, { model }) {
      const asked = toolCalls(reply);
      const message = {
        role: "assistant",
        content: reply.text ?? null,
        ...(asked.length > 0 && { tool_calls: asked }),
      };
      return {
        ...head(model, "chat.completion"),
        choices: [{ index: 0, message, finish_reason: finish(reply) }],
        usage: usage(reply),
      };
    },
    error: (status) => ({
      error: { message: `Scripted error ${status}`, type: "scripted", code: null },
    }),
    lists: { "/v1/models": { object: "list", data: [{ id: "scripted", object: "model" }] } },
  };
}

function readRequest(body: unknown, headers: ModelRequest["headers"]): ModelRequest {
  const { model, stream = false, messages, tools = [] } = body as OpenAiBody;
  return {
    model,
    stream,
    headers,
    tools: tools.map((tool) => tool.function),
    messages: messages.map(
      ({ role, content, tool_calls = [], tool_call_id }): PromptMessage => ({
        role: role === "developer" ? "system" : (role as PromptMessage["role"]),
        text: typeof content === "string" ? content : (content ?? []).map((b) => b.text).join(""),
        calls: tool_calls.map((call) => ({
          id: call.id,
          name: call.function.name,
          args: parsed(call.function.arguments),
        })),
        ...(tool_call_id !== undefined && { callId: tool_call_id }),
      }),
    ),
  };
}

/** As some gateways do, the id is the same for every completion. */
function head(model: string, object: string) {
  return { id: "chatcmpl-scripted", object, created: 1_700_000_000, model };
}

function event(model: string, choices: unknown[], counted?: unknown): string {
  const chunk = { ...head(model, "chat.completion.chunk"), choices, usage: counted ?? null };
  return `data: ${JSON.stringify(chunk)}\n\n`;
}

function finish({ toolCalls = [] }: ModelReply): string {
  return toolCalls.length > 0 ? "tool_calls" : "stop";
}

function usage({ usage: { input, output } = { input: 10, output: 5 } }: ModelReply) {
  return { prompt_tokens: input, completion_tokens: output, total_tokens: input + output };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
