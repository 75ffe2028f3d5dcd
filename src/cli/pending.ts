import type { ApprovalBody } from "../api.ts";
import type { Conversation } from "./conversation.ts";

/** An approval that waits, and whether this person is one who decides it. */
export type Pending = ApprovalBody & { isMine: boolean };

/** The approvals of a run that wait for a decision, the oldest first. */
export async function pendingOf(talk: Conversation, runId: string): Promise<Pending[]> {
  return (await allPending(talk)).filter((approval) => approval.run_id === runId);
}

/** What waits for this person to decide: in this session, and elsewhere, asked for by others included. */
export async function pendingNow(
  talk: Conversation,
): Promise<{ here: Pending[]; elsewhere: Pending[] }> {
  const mine = (await allPending(talk)).filter(({ isMine }) => isMine);
  const isHere = (approval: Pending) => approval.session_id === talk.session.id;
  return {
    here: mine.filter(isHere),
    elsewhere: mine.filter((approval) => !isHere(approval)),
  };
}

async function allPending({ client, user }: Conversation): Promise<Pending[]> {
  const [asked, decidable] = await Promise.all([
    client.approvals({ user_id: user, status: "pending", limit: 200 }),
    client.approvals({ approver_id: user, status: "pending", limit: 200 }),
  ]);
  const mine = new Set(decidable.data.map(({ id }) => id));
  const all = new Map([...asked.data, ...decidable.data].map((one) => [one.id, one]));
  return [...all.values()].map((approval) => ({ ...approval, isMine: mine.has(approval.id) }));
}
