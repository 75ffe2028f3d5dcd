import type { Language } from "../events.ts";

/** The original service's own default, kept for its clients and for everybody. */
export const DEFAULT_SYSTEM_MESSAGE = "你会使用工具来帮助用户。如果工具使用被拒绝，请提示用户。";

export type PromptParts = {
  systemMessage: string;
  language: Language;
  /** What is remembered of the user, newest first. */
  memories: string[];
  /** Calls of earlier runs of the session that wait for a human: `book_hotel {"hotel_name":"…"}`. */
  waiting: string[];
};

/** The system prompt of one run. The markers are what the demo model and people who read prompts go by. */
export function systemPrompt({ systemMessage, language, memories, waiting }: PromptParts): string {
  const words = WORDS[language];
  return [
    systemMessage,
    memories.length > 0 && `${words.memories}\n${memories.map((text) => `- ${text}`).join("\n")}`,
    waiting.length > 0 && `${words.waiting}\n${waiting.map((call) => `- ${call}`).join("\n")}`,
  ]
    .filter(Boolean)
    .join("\n\n");
}

const WORDS = {
  en: {
    memories: "What is remembered about this user:",
    waiting: "These tool calls wait for a human decision. Do not ask for them again:",
  },
  zh: {
    memories: "关于该用户记住的内容：",
    waiting: "以下工具调用正在等待人工决定，请不要再次发起：",
  },
} as const;
