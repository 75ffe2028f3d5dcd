import type { BaseChatModel } from "@langchain/core/language_models/chat_models";

/** A model ready to be called. */
export type NamedModel = {
  /** As it is configured and shown: `openai:gpt-5-mini`. */
  name: string;
  model: BaseChatModel;
  /** Where it is called, without credentials; absent where nothing is called. */
  address?: string;
  /** The variable or setting that holds its key. */
  keyName?: string;
  /** Takes its secrets out of a text that is going to be shown. */
  hide?(text: string): string;
};
