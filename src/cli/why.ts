import type { ApprovalBody } from "../api.ts";
import { ApiError } from "../client/api-error.ts";
import { argsText, outcomeOf, outcomeText, whoIs } from "./card-text.ts";
import type { Conversation } from "./conversation.ts";
import { timeWords } from "./words.ts";

/**
 * The command `why`: who decided what, and when, about the calls of the run that was spoken of last; else of the
 * session's latest run.
 */
export async function explainWhy(talk: Conversation): Promise<void> {
  const { screen, words } = talk;
  const approvals = await spokenOf(talk);
  if (approvals.length === 0) return screen.say(words.noDecision, "faint");
  for (const approval of approvals) {
    talk.about = approval.id;
    screen.card(words.whyTitle(approval.tool), decisionText(talk, approval));
  }
}

async function spokenOf({ client, user, about, session }: Conversation): Promise<ApprovalBody[]> {
  const one =
    about === undefined ? undefined : await client.approval(about, user).catch(unlessGone);
  const runId = one?.run_id ?? (await client.runs(session.id, { limit: 1 })).data[0]?.id;
  if (runId === undefined) return [];
  const { data } = await client.approvals({ run_id: runId, limit: 200 });
  return data.length === 0 && one ? [one] : data; // a run of another key's users shows only what is asked
}

function decisionText({ user, words }: Conversation, approval: ApprovalBody): string {
  const { labels } = words;
  const at = (time: string) => timeWords(words, time);
  const { decision, votes, requested_at, requester, args } = approval;
  const shown = argsText(args);
  return [
    outcomeText(outcomeOf(approval), user, words),
    ...(decision ? [`${labels.decidedAt}: ${at(decision.at)}`] : []),
    ...votes.map(({ by, type, at: time }) =>
      [labels.votes[type], `${whoIs(by, user, words)}, ${at(time)}`].join(": "),
    ),
    `${labels.requester}: ${whoIs(requester, user, words)}, ${at(requested_at)}`,
    `${labels.reason}: ${approval.reason}`,
    `${labels.args}:${shown === "" ? ` ${words.noArgs}` : `\n${shown.replace(/^/gm, "  ")}`}`,
  ].join("\n");
}

function unlessGone(error: unknown): undefined {
  if (!(error instanceof ApiError && error.problem.code === "not_found")) throw error;
  return undefined;
}
