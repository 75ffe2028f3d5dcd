/** The vocabulary: what comes in from people (`Inbound`) and what goes out about a run (`Outbound`). */

/** Who acts: `slack:T1:U1`, `discord:U1`, `api:<key>/<user>`; parts are percent-encoded. */
export type Actor = string;

/** An address on a platform: `slack:T1:C1:17.2`, `discord:G1:C1:T1`, `api:<user>:<session>`; parts are percent-encoded. */
export type Place = string;

export const LANGUAGES = ["en", "zh"] as const;
export type Language = (typeof LANGUAGES)[number];

export const REVIEW_TYPES = ["accept", "edit", "respond", "reject"] as const;
export type ReviewType = (typeof REVIEW_TYPES)[number];

/** What a person answers to a call that waits. `args` are the whole new arguments, not a patch. */
export type Review =
  | { type: "accept" }
  | { type: "edit"; args: Record<string, unknown> }
  | { type: "respond"; message: string }
  | { type: "reject"; message?: string };

export const APPROVAL_STATUSES = [
  "pending",
  "accepted",
  "edited",
  "responded",
  "rejected",
  "expired",
  "withdrawn",
] as const;
export type ApprovalStatus = (typeof APPROVAL_STATUSES)[number];

/** `outcome_unknown`: a call that was started and whose result nobody knows; a person says what happened. */
type ApprovalKind = "tool_call" | "outcome_unknown";

export const TIERS = ["free", "ask", "guarded", "dashboard"] as const;
export type Tier = (typeof TIERS)[number];

export const RUN_STATUSES = [
  "queued",
  "running",
  "waiting",
  "completed",
  "failed",
  "stopped",
] as const;
export type RunStatus = (typeof RUN_STATUSES)[number];

/** What becomes of a message that arrives while a run of its session executes. */
export const WHILE_RUNNING = ["queue", "steer", "interrupt"] as const;
export type WhileRunning = (typeof WHILE_RUNNING)[number];

/** What becomes of a message that arrives while a run of its session waits for a human. */
export const WHILE_WAITING = ["beside", "queue", "withdraw"] as const;

type FromPlatform = {
  /** Unique on the platform for ever, e.g. `slack:T1:Ev123`: the same key twice is the same event. */
  key: string;
  place: Place;
  actor: Actor;
  /** When it happened on the platform, ms since 1970. */
  at: number;
  language?: Language;
};

/**
 * Something a person did, as an adapter understood it. `digest` is that of the card or form that was answered; without
 * it, nobody can consent to arguments that an approver has edited.
 */
export type Inbound = FromPlatform &
  (
    | { kind: "message"; text: string; whileRunning?: WhileRunning }
    | { kind: "message.edited"; original: string; text: string }
    | { kind: "message.deleted"; original: string }
    | { kind: "decision"; approvalId: string; review: Review; digest?: string }
    | {
        kind: "form.requested";
        approvalId: string;
        type: "edit" | "respond" | "view";
        page: number;
      }
    | {
        kind: "form.submitted";
        approvalId: string;
        type: "edit" | "respond" | "view";
        values: Record<string, unknown>;
        digest?: string;
      }
    | { kind: "command"; name: string; text: string }
    | { kind: "choices"; command: string; typed: string }
    | { kind: "stop"; runId?: string }
    | { kind: "feedback"; runId: string; value: "good" | "bad" }
  );

/** An approval as data: what every surface draws. The server makes it; arguments are shown exactly as sealed. */
export type Card = {
  approvalId: string;
  runId: string;
  kind: ApprovalKind;
  callId: string;
  tool: string;
  tier: Tier;
  /** Canonical JSON (RFC 8785) of the arguments: the sealed text itself. */
  args: string;
  digest: string;
  requester: Actor;
  /** Why it is asked: the rule in words. */
  reason: string;
  allowed: ReviewType[];
  status: ApprovalStatus;
  requestedAt: string;
  expiresAt: string | null;
  decision: { type: ReviewType; by: Actor; at: string; message?: string; args?: string } | null;
  /** Arguments that an approver has put in place of the model's while others still have to consent. */
  editedArgs: string | null;
  /** What a decision has to name: the digest of the arguments that would run now. */
  currentDigest: string;
  place: Place;
  /** Who may decide, in the policy's words: `requester`, `@finance`, actors. */
  approvers: string[];
  quorum: number;
  votes: { by: Actor; type: "accept" | "edit" | "reject"; at: string }[];
  /** Untrusted sources in the context when it was asked. */
  taint: string[];
  /** What the tool says that the call would do. */
  preview: string | null;
  /** The arguments are too long for a card: who has not opened all of them can't accept. */
  needsView: boolean;
  /** Whether an approver may let calls like this one run for a while. */
  grantable: boolean;
};

/** One row of a run's journal, without its sequence number. Times are RFC 3339. */
export type Outbound =
  | { type: "run.queued"; ahead: number; mode: WhileRunning; waiting: number }
  | { type: "run.started"; attempt: number; model: string }
  | { type: "text.delta"; message: string; from: number; text: string }
  | { type: "text.discarded"; message: string; reason: string }
  | { type: "tool.started"; callId: string; tool: string; args: string }
  | { type: "tool.progress"; callId: string; tool: string; text: string }
  | { type: "tool.finished"; callId: string; tool: string; status: "ok" | "error"; result: string }
  | { type: "steered"; runId: string; text: string }
  | { type: "call.granted"; callId: string; tool: string; grant: string; by: Actor }
  | { type: "approval.requested"; card: Card }
  | { type: "approval.closed"; card: Card }
  | { type: "approval.voted"; card: Card }
  | { type: "approval.reminded" | "approval.escalated"; card: Card; to: string[] }
  | { type: "run.waiting"; approvals: string[] }
  | { type: "run.resumed"; by: Actor | null }
  | { type: "run.completed"; answer: string }
  | { type: "run.failed"; code: string; message: string }
  | { type: "run.stopped"; by: Actor | null; reason: string; done: string[] };

/** A journal row: `seq` counts from 1 within its run without gaps. */
export type JournalEntry = { runId: string; seq: number; at: string; event: Outbound };

/** Text that is on its way but not yet journaled: `from` is its offset in the message, in UTF-16 units. */
export type LiveDelta = { runId: string; message: string; from: number; text: string };

/** Whether nothing follows this event in its run's journal. */
export function endsRun(event: Outbound): boolean {
  return (
    event.type === "run.completed" || event.type === "run.failed" || event.type === "run.stopped"
  );
}

/** Joins the parts of a place or an actor so that no part can hold the separator: `address("slack", "T1", "C1")`. */
export function address(...parts: string[]): string {
  return parts.map(encodeURIComponent).join(":");
}

/** The parts of a place or an actor, decoded. */
export function addressParts(text: string): string[] {
  return text.split(":").map(decodeURIComponent);
}
