/** A message as the transcript keeps it and the API shows it: independent of any library's classes. */
export type StoredMessage =
  | { type: "human"; id: string; content: string; name?: string; taint?: string[] }
  | { type: "system"; id: string; content: string }
  | { type: "ai"; id: string; content: string; tool_calls?: StoredToolCall[]; usage?: Usage }
  | {
      type: "tool";
      id: string;
      content: string;
      name: string;
      tool_call_id: string;
      status: "success" | "error";
      /** What the call ran with where a human had changed its arguments. */
      edited_args?: Record<string, unknown>;
      /** Where it comes from, if that is not to be trusted: `mcp:web`. */
      taint?: string[];
    };

type StoredToolCall = { id: string; name: string; args: Record<string, unknown> };

/** Tokens, as the model's vendor counted them. */
export type Usage = { input_tokens: number; output_tokens: number; total_tokens: number };
