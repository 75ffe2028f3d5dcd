/** What became of a call, as its result says it. `edited` are the arguments that a person put in place of the model's. */
export type Outcome = {
  kind: "done" | "rejected" | "answered" | "expired" | "withdrawn" | "error";
  words: string;
  edited?: Record<string, unknown>;
};

const MARK = /^\[(rejected|answered|expired|withdrawn|error)\]\s*/u;
const EDITED = "[edited: ";

/** Reads the text of a tool message. What carries none of our marks is a tool's own result. */
export function readOutcome(content: string): Outcome {
  if (content.startsWith(EDITED)) {
    const found = editedArgs(content.slice(EDITED.length));
    if (found) return { ...readOutcome(found.rest), edited: found.args };
  }
  const kind = MARK.exec(content)?.[1] as Outcome["kind"] | undefined;
  return { kind: kind ?? "done", words: content.replace(MARK, "") };
}

/** `{…}] rest`: the arguments may themselves hold `}]`, so each is tried. */
function editedArgs(text: string): { args: Record<string, unknown>; rest: string } | undefined {
  for (let end = text.indexOf("}]"); end !== -1; end = text.indexOf("}]", end + 1)) {
    try {
      const args = JSON.parse(text.slice(0, end + 1)) as Record<string, unknown>;
      return { args, rest: text.slice(end + 2).trimStart() };
    } catch {
      // not the end yet
    }
  }
  return undefined;
}
