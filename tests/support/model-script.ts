/** A message of a prompt, as the scripted endpoints read it from either vendor's form. */
export type PromptMessage = {
  role: "system" | "user" | "assistant" | "tool";
  text: string;
  calls: { id?: string; name: string; args: unknown }[];
  /** With role `tool`, where the vendor's protocol has it: the call that it answers. */
  callId?: string;
};

export type ModelRequest = {
  messages: PromptMessage[];
  tools: { name: string; description?: string; parameters?: Record<string, unknown> }[];
  model: string;
  stream: boolean;
  headers: Record<string, string | string[] | undefined>;
};

/** What a scripted model answers. */
export type ModelReply = {
  text?: string;
  /** `args` as a string is sent as it is, valid JSON or not (OpenAI only). Without an `id` each call gets a new one. */
  toolCalls?: { name: string; args: object | string; id?: string }[];
  /** 200 if absent. With another, `body` (or a plain error in the vendor's form) is all that is sent. */
  status?: number;
  headers?: Record<string, string>;
  body?: unknown;
  /** Ends the stream after so many chunks: `reset` breaks the connection (default), `end` closes it in order. */
  cutAfterChunks?: number;
  cutBy?: "reset" | "end";
  /** Waits before the first byte, ms. */
  delayMs?: number;
  /** Waits before each streamed chunk, ms. */
  chunkDelayMs?: number;
  usage?: { input: number; output: number };
};

export type ModelScript = (request: ModelRequest) => ModelReply | Promise<ModelReply>;

export type ModelStandIn = AsyncDisposable & {
  /** What the client is pointed at: OpenAI's base URL with its `/v1`, Ollama's without. */
  url: string;
  /** The newest thousand requests, oldest first. */
  requests: ModelRequest[];
  /** Requests whose connection ended before their answer did. */
  readonly abandoned: number;
};
