/**
 * What became of a call, as its result says it: the tool's words, the error's, the person's answer or reason.
 * `edited` are the arguments that a person put in place of the model's.
 */
export type Outcome = {
  /** `error` also where the run was stopped or failed before there was a result. */
  kind: "done" | "rejected" | "answered" | "expired" | "withdrawn" | "error";
  words: string;
  edited?: Record<string, unknown>;
};

const MARK = /^\[(rejected|answered|expired|withdrawn|error|stopped|failed)\]\s*/u;
/** Before the reason that a person gave, after what the model is told about rejections. */
const REASON = /^[\s\S]*?(?:Reason: |原因：)/u;
const EDITED = "[edited: ";

/** Reads the text of a tool message. What carries none of our marks is a tool's own result. */
export function readOutcome(content: string): Outcome {
  if (content.startsWith(EDITED)) {
    const found = editedArgs(content.slice(EDITED.length));
    if (found) return { ...readOutcome(found.rest), edited: found.args };
  }
  const mark = MARK.exec(content)?.[1] ?? "done";
  const words = content.replace(MARK, "");
  switch (mark) {
    case "rejected":
      return { kind: mark, words: REASON.test(words) ? words.replace(REASON, "") : "" };
    case "expired":
    case "withdrawn":
      return { kind: mark, words: "" };
    case "answered":
    case "done":
      return { kind: mark, words };
    default:
      return { kind: "error", words };
  }
}

/** `{…}] rest`: the arguments may themselves hold `}]`, so each is tried, up to a bound. */
function editedArgs(text: string): { args: Record<string, unknown>; rest: string } | undefined {
  let end = -1;
  for (let tried = 0; tried < 1_000; tried++) {
    end = text.indexOf("}]", end + 1);
    if (end === -1) break;
    try {
      const args = JSON.parse(text.slice(0, end + 1)) as Record<string, unknown>;
      return { args, rest: text.slice(end + 2).trimStart() };
    } catch {
      // not the end yet
    }
  }
  return undefined;
}
