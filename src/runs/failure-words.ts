import { TooManyStepsError } from "../agent/run-agent.ts";
import { ConfigError, ModelError, messageOf, RefusedError } from "../errors.ts";
import type { Language } from "../events.ts";
import { TooManyCrashesError } from "./run-errors.ts";

const WORDS = {
  en: {
    callStopped: "[stopped] The run was stopped before this call had a result.",
    callFailed: "[failed] The run failed before this call had a result.",
    restarted: "its worker was lost; it is written again",
    unknown: "was started; whether it took effect is not known",
    stopped: (reason: string) => `The run was stopped (${reason}).`,
    model: (why: string) => `The model could not answer: ${why}`,
    internal: "Something went wrong on our side. The run is ended; the session can go on.",
  },
  zh: {
    callStopped: "[stopped] 运行在该调用得到结果之前被停止。",
    callFailed: "[failed] 运行在该调用得到结果之前失败。",
    restarted: "执行进程中断，内容将重新生成",
    unknown: "已开始执行，不确定是否生效",
    stopped: (reason: string) => `运行已停止（${reason}）。`,
    model: (why: string) => `模型无法回答：${why}`,
    internal: "服务内部出错，本次运行已结束；会话可以继续使用。",
  },
} as const;

export function wordsFor(language: Language) {
  return WORDS[language];
}

/** What people are told of a failed run: a code for programs and words that say what to do. Never internals. */
export function failureWords(
  error: unknown,
  language: Language,
): { code: string; message: string } {
  const words = WORDS[language];
  if (error instanceof ModelError) return { code: error.code, message: words.model(error.message) };
  if (
    error instanceof TooManyStepsError ||
    error instanceof TooManyCrashesError ||
    error instanceof ConfigError ||
    error instanceof RefusedError
  )
    return { code: error.code, message: messageOf(error) };
  return { code: "internal", message: words.internal };
}
