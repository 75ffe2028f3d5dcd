import type { ApprovalBody } from "../api.ts";
import type { Conversation } from "./conversation.ts";

/** An approval that waits, and what this person has to do with it. */
export type Pending = ApprovalBody & {
  /** They are one who decides it. */
  isMine: boolean;
  /** They asked for it, and may take it back. */
  isAsked: boolean;
  /** They have consented, and others have to as well. */
  hasVoted: boolean;
};

/** What waits, the oldest first: for this person in this session, for them elsewhere, and what they await of others. */
export type Waiting = { here: Pending[]; elsewhere: Pending[]; ofOthers: Pending[] };

/** The approvals of a run that wait for a decision, the oldest first. */
export async function pendingOf(talk: Conversation, runId: string): Promise<Pending[]> {
  return (await allPending(talk)).filter((approval) => approval.run_id === runId);
}

/** One approval, as long as it waits. */
export async function findPending(talk: Conversation, id: string): Promise<Pending | undefined> {
  return (await allPending(talk)).find((approval) => approval.id === id);
}

export async function pendingNow(talk: Conversation): Promise<Waiting> {
  const all = await allPending(talk);
  const mine = all.filter(isToDecide);
  const isHere = (approval: Pending) => approval.session_id === talk.session.id;
  return {
    here: mine.filter(isHere),
    elsewhere: mine.filter((approval) => !isHere(approval)),
    ofOthers: all.filter((approval) => !isToDecide(approval)),
  };
}

/** Whether it is this person's turn. */
export function isToDecide({ isMine, hasVoted }: Pending): boolean {
  return isMine && !hasVoted;
}

/** The one that a number stands for: in the list that was shown last, else in `all`. */
export function picked(talk: Conversation, all: Pending[], pick: number): Pending | undefined {
  const ids = talk.listed.length > 0 ? talk.listed : all.map(({ id }) => id);
  return all.find(({ id }) => id === ids[pick - 1]);
}

async function allPending({ client, user }: Conversation): Promise<Pending[]> {
  const [asked, decidable] = await Promise.all([
    client.approvals({ user_id: user, status: "pending", limit: 200 }),
    client.approvals({ approver_id: user, status: "pending", limit: 200 }),
  ]);
  const own = new Set(asked.data.map(({ id }) => id));
  const mine = new Set(decidable.data.map(({ id }) => id));
  const all = new Map([...asked.data, ...decidable.data].map((one) => [one.id, one]));
  return [...all.values()].map((approval) => ({
    ...approval,
    isMine: mine.has(approval.id),
    isAsked: own.has(approval.id),
    hasVoted: approval.votes.some(({ by, type }) => by === user && type !== "reject"),
  }));
}
