import type { ApprovalBody } from "../api.ts";
import { argLine } from "./card-text.ts";
import type { Conversation } from "./conversation.ts";
import { type GrantRequest, parseGrant } from "./grant-request.ts";

const TIMES = ["10m", "1h", "1d"] as const;
const USES = ["3 uses", "10 uses", ""] as const;

/** Whether accepting may also let calls like it run: where the rule says so and no other consent is missing. */
export function mayGrant({ grantable, quorum, votes }: ApprovalBody): boolean {
  const consents = votes.filter(({ type }) => type !== "reject").length;
  return grantable && consents + 1 >= quorum;
}

/** Asks where, how long, how often, and which arguments stay as they are. Undefined: the person turned back. */
export async function askGrant(
  { screen, words }: Conversation,
  approval: ApprovalBody,
  signal: AbortSignal,
): Promise<GrantRequest | undefined> {
  const { ask, scopes, times, uses } = words.grants;
  const pick = (question: string, choices: Record<string, string>, initial: string) =>
    screen.choose(
      question,
      Object.entries(choices).map(([value, label]) => ({ value, label })),
      { initial, signal },
    );
  const scope = await pick(ask.scope, scopes, "session");
  if (scope === undefined) return undefined;
  const time = await pick(
    ask.time,
    Object.fromEntries(TIMES.map((text) => [text, times[text]])),
    "10m",
  );
  if (time === undefined) return undefined;
  const often = await pick(
    ask.uses,
    Object.fromEntries(USES.map((text) => [text, uses[text]])),
    "",
  );
  if (often === undefined) return undefined;
  const grant = parseGrant(`${time} ${scope} ${often}`);
  const args = Object.entries(approval.edited_args ?? approval.args);
  if (!grant || args.length === 0) return grant;
  const names = args.map(([name]) => name);
  const fixed = await screen.chooseSome(
    ask.fixed,
    args.map(([name, value]) => ({ value: name, label: argLine(name, value) })),
    { initial: names, signal },
  );
  return fixed && (fixed.length === names.length ? grant : { ...grant, fixed });
}
