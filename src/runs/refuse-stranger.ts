import { platformOf } from "../approvals/who.ts";
import { messageOf, RefusedError } from "../errors.ts";
import type { Actor, Place } from "../events.ts";
import type { Core } from "./core.ts";
import { unlessAborted } from "./unless-aborted.ts";

const ASK_MS = 2_000;

/**
 * Guests, people from outside and those who can't see a place run nothing there, and who can't be looked up within 2 s
 * is taken for one of them. Callers of the API are known by their key. Throws RefusedError forbidden.
 */
export async function refuseStranger(
  core: Pick<Core, "directoryOf">,
  { actor, place }: { actor: Actor; place: Place },
): Promise<void> {
  const platform = platformOf(actor);
  if (platform === "api") return;
  const directory = core.directoryOf(actor);
  if (!directory) throw refused(`nobody here knows the people of ${platform}`);
  const signal = AbortSignal.timeout(ASK_MS);
  const standing = await unlessAborted(signal, () =>
    directory.standing(actor, place, signal),
  ).catch((error) => {
    throw refused(`who ${actor} is can't be looked up now: ${messageOf(error)}`);
  });
  if (standing !== "member") throw refused(WORDS[standing]);
}

const WORDS = {
  guest: "guests can't use the agent",
  external: "people from outside can't use the agent",
  none: "only those who can see a place use the agent there",
};

function refused(words: string): RefusedError {
  return new RefusedError("forbidden", words);
}
