import { afterActiveTime } from "./quiet-hours.ts";
import type { Rule } from "./rule.ts";

/** One rung: whom to remind or to let decide as well, or that the time is over. */
export type Rung = {
  step: number;
  kind: "remind" | "escalate" | "expire";
  recipients: string[];
  dueAt: Date;
};

/**
 * The rungs of an approval's ladder as times. Reminders and escalations wait out quiet hours; the expiry does not, so
 * that "expires in 2 h" on the card is true. Rungs after the expiry are left out; the expiry is always there, last.
 */
export function ladderOf(
  rule: Pick<Rule, "ladder" | "quietHours" | "expiresInMs">,
  requestedAt: Date,
): Rung[] {
  const ends = [
    rule.expiresInMs,
    ...rule.ladder.flatMap((rung) => (rung.kind === "expire" ? [rung.afterMs] : [])),
  ];
  const expiresAt = new Date(requestedAt.getTime() + Math.min(...ends));
  const rungs = rule.ladder
    .filter((rung) => rung.kind !== "expire")
    .map((rung) => ({
      kind: rung.kind,
      recipients: rung.to,
      dueAt: afterActiveTime(requestedAt, rung.afterMs, rule.quietHours),
    }))
    .filter((rung) => rung.dueAt < expiresAt)
    .sort((a, b) => a.dueAt.getTime() - b.dueAt.getTime());
  return [...rungs, { kind: "expire" as const, recipients: [], dueAt: expiresAt }].map(
    (rung, step) => ({ step, ...rung }),
  );
}
