import type { ApprovalBody } from "../api.ts";
import type { Conversation } from "./conversation.ts";

/** The approvals of a run that wait for a decision, the oldest first. */
export async function pendingOf(talk: Conversation, runId: string): Promise<ApprovalBody[]> {
  const { data } = await talk.client.approvals({
    run_id: runId,
    user_id: talk.user,
    status: "pending",
    limit: 200,
  });
  return data;
}

/** What waits for this person: in this session, and how many elsewhere. */
export async function pendingNow(
  talk: Conversation,
): Promise<{ here: ApprovalBody[]; elsewhere: ApprovalBody[] }> {
  const { data } = await talk.client.approvals({
    user_id: talk.user,
    status: "pending",
    limit: 200,
  });
  return {
    here: data.filter((approval) => approval.session_id === talk.session.id),
    elsewhere: data.filter((approval) => approval.session_id !== talk.session.id),
  };
}
