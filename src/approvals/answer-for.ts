import type { Approval } from "#db/schema/approvals.ts";
import type { Language } from "../events.ts";

/** The words that the model reads about a call that did not run: the truth, nobody's silence made a refusal. */
export function answerFor(approval: Approval, language: Language): string {
  const words = WORDS[language];
  switch (approval.status) {
    case "responded":
      return `[answered] ${approval.note ?? ""}`;
    case "rejected":
      return `[rejected] ${words.rejected}${approval.note ? ` ${words.reason}${approval.note}` : ""}`;
    case "expired":
      return `[expired] ${words.expired(waited(approval, language))}`;
    case "withdrawn":
      return `[withdrawn] ${words.withdrawn}`;
    default:
      throw new Error(`${approval.id} is ${approval.status}: its call is not answered but run`);
  }
}

const WORDS = {
  en: {
    rejected: "A human rejected this call and it did not run. Do not try it again unless asked.",
    reason: "Reason: ",
    expired: (time: string) => `Nobody answered within ${time}, so this call did not run.`,
    withdrawn: "This call was withdrawn before anybody decided, so it did not run.",
  },
  zh: {
    rejected: "该工具调用被人工拒绝，没有执行。除非用户要求，请不要再次尝试。",
    reason: "原因：",
    expired: (time: string) => `${time}内无人答复，因此该调用没有执行。`,
    withdrawn: "该调用在任何人决定之前被撤回，因此没有执行。",
  },
} as const;

/** `2 hr`, `1 day`: how long people had. */
function waited({ requestedAt, decidedAt }: Approval, language: Language): string {
  const seconds = Math.max(
    1,
    Math.round(((decidedAt ?? requestedAt).getTime() - requestedAt.getTime()) / 1000),
  );
  const [value, unit] =
    seconds >= 86_400
      ? [seconds / 86_400, "day"]
      : seconds >= 3_600
        ? [seconds / 3_600, "hour"]
        : seconds >= 60
          ? [seconds / 60, "minute"]
          : [seconds, "second"];
  return new Intl.NumberFormat(language, {
    style: "unit",
    unit: String(unit),
    unitDisplay: "long",
    maximumFractionDigits: 1,
  }).format(Number(value));
}
