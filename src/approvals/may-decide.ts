import type { Directory } from "../adapter.ts";
import { deadline } from "../deadline.ts";
import { messageOf } from "../errors.ts";
import type { Actor, Place } from "../events.ts";
import type { Rule } from "./rule.ts";
import { membersOf, platformOf } from "./who.ts";

export type Decider = {
  actor: Actor;
  requester: Actor;
  /** Where the call was asked for. */
  place: Place;
  /** Where the copy of the card stands that the actor answers; `place` when absent. */
  from?: Place;
  /** How many escalations have been climbed: each adds its approvers. */
  stage: number;
  /** What the actor's API key may do; none on chat. */
  scopes?: ReadonlySet<string>;
};

export type May = { yes: true } | { yes: false; why: string };

/** A person waits for the answer, and the approval's row is locked meanwhile. */
const ASK_MS = 2_000;

const GROUP_KINDS: Record<string, string> = { slack: "slack-group", discord: "discord-role" };

/**
 * Whether somebody may decide under the rule that an approval was made with, asked at the moment of the
 * decision. `directory` is that of the actor's platform; API callers need none, their key is known already. Guests,
 * people from outside and those who can't see the card may not. Never rejects: what can't be resolved within 2 s is
 * a no.
 */
export async function mayDecide(
  rule: Rule,
  decider: Decider,
  directory: Directory | undefined,
  signal: AbortSignal,
): Promise<May> {
  if (rule.excludeRequester && decider.actor === decider.requester)
    return no("the person who asked may not decide");
  using time = deadline(signal, ASK_MS);
  try {
    time.signal.throwIfAborted();
    return await unlessAborted(resolve(rule, decider, directory, time.signal), time.signal);
  } catch (error) {
    return no(`who they are can't be looked up now: ${messageOf(error)}`);
  }
}

async function resolve(
  rule: Rule,
  decider: Decider,
  directory: Directory | undefined,
  signal: AbortSignal,
): Promise<May> {
  const names = approversOf(rule, decider.stage);
  if (platformOf(decider.actor) === "api")
    return names.some((name) => isCalled(name, decider)) ? { yes: true } : no("not an approver");
  if (!directory) return no(`nobody here knows the people of ${platformOf(decider.actor)}`);
  const standing = await standingOf(rule, decider, directory, signal);
  if (standing !== "member") return no(STANDING_WORDS[standing]);
  if (names.some((name) => isCalled(name, decider))) return { yes: true };
  const lookUps = names.map((name) => belongs(name, decider, directory, signal));
  const answers = await Promise.allSettled(lookUps);
  if (answers.some((answer) => answer.status === "fulfilled" && answer.value)) return { yes: true };
  const failed = answers.find((answer) => answer.status === "rejected");
  if (failed) throw failed.reason;
  return no("not an approver");
}

const STANDING_WORDS = {
  guest: "guests may not decide",
  external: "people from outside may not decide",
  none: "they can't see where it is asked",
};

/** Those of the rule and of the escalations that have been climbed, groups resolved. */
function approversOf(rule: Rule, stage: number): string[] {
  const escalations = rule.ladder.filter(({ kind }) => kind === "escalate").slice(0, stage);
  const names = [...rule.approvers, ...escalations.flatMap(({ to }) => to)];
  // A group that the rule does not hold stays `@name`, and nobody is that.
  return [...new Set(names.flatMap((name) => membersOf(rule.groups, name) ?? [name]))];
}

/** By name alone, without asking anybody. */
function isCalled(name: string, { actor, requester, scopes }: Decider): boolean {
  if (name === "requester") return actor === requester;
  if (platformOf(name) === "scope") return scopes?.has(name.slice("scope:".length)) ?? false;
  return name === actor;
}

async function belongs(
  name: string,
  { actor, place }: Decider,
  directory: Directory,
  signal: AbortSignal,
): Promise<boolean> {
  const platform = platformOf(actor);
  if (name === "members" && platformOf(place) === platform)
    return (await directory.standing(actor, place, signal)) === "member";
  return platformOf(name) === GROUP_KINDS[platform]
    ? (await directory.inGroup(actor, name, signal)) === true
    : false;
}

/**
 * How the actor stands where they are asked. With `ask_in: place` that is where the call was asked for, whatever copy
 * they answer; else approvers may be people who can't see that place, and are asked at their copy.
 */
async function standingOf(
  rule: Rule,
  { actor, place, from = place }: Decider,
  directory: Directory,
  signal: AbortSignal,
) {
  const platform = platformOf(actor);
  const at = rule.askIn === "place" && platformOf(place) === platform ? place : from;
  if (platformOf(at) !== platform) return "none";
  return directory.standing(actor, at, signal);
}

/** A directory may be slow to notice an abort; the person who clicked is not. */
function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  const aborted = new Promise<never>((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
  return Promise.race([promise, aborted]);
}

function no(why: string): May {
  return { yes: false, why };
}
