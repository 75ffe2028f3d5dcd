import type { GrantBody } from "../api.ts";
import { argLine, whoIs } from "./card-text.ts";
import type { Conversation } from "./conversation.ts";
import { timeWords } from "./words.ts";

/** The command `grants`: what runs unasked for this person, or by their consent. A person may end one on the spot. */
export async function listGrants(talk: Conversation): Promise<void> {
  const { client, screen, words, user } = talk;
  const { data } = await client.grants(user);
  if (data.length === 0) return screen.say(words.grants.none, "faint");
  const lines = data.map((grant, i) => `${i + 1}. ${grantText(talk, grant)}`);
  screen.say([words.grants.title, ...lines].join("\n"));
  if (!screen.isInteractive) return screen.say(words.grants.howToRevoke);
  const picked = await screen.choose(words.grants.revokeWhich, [
    { value: "", label: words.turnBack },
    ...data.map((grant, i) => ({ value: grant.id, label: `${i + 1}. ${callText(talk, grant)}` })),
  ]);
  if (picked) await revokeGrant(talk, picked);
}

/** `which` is a number of the list, or an id. */
export async function revokeGrant(talk: Conversation, which: string): Promise<void> {
  const { client, screen, words, user } = talk;
  const { data } = await client.grants(user);
  const grant = data.find((one, i) => one.id === which || String(i + 1) === which);
  if (!grant) return screen.say(words.grants.noSuch(which), "warning");
  await client.revokeGrant(grant.id, user);
  screen.say(words.grants.revoked(callText(talk, grant)), "good");
}

/** What has come of an acceptance with a grant: as the server has it, not as it was asked for. */
export async function tellGrant(talk: Conversation, approvalId: string): Promise<void> {
  const { client, screen, words, user } = talk;
  const { data } = await client.grants(user);
  const grant = data.find((one) => one.approval_id === approvalId);
  if (grant) screen.say(words.grants.given(grantText(talk, grant)), "good");
}

function grantText(talk: Conversation, grant: GrantBody): string {
  const { user, words } = talk;
  const { grants } = words;
  return [
    callText(talk, grant),
    scopeText(talk, grant),
    grants.until(timeWords(words, grant.expires_at)),
    grants.usesLeft(grant.uses_left),
    grants.by(whoIs(grant.granted_by, user, words), whoIs(grant.requester, user, words)),
  ].join(" · ");
}

/** The tool with the arguments that a call must have; all others are free. */
function callText({ words }: Conversation, { tool, constraint }: GrantBody): string {
  const fixed = Object.entries(constraint).map(([name, value]) => argLine(name, value));
  return `${tool}: ${fixed.length === 0 ? words.grants.anyArgs : fixed.join(", ")}`;
}

function scopeText({ session, words }: Conversation, { scope }: GrantBody): string {
  if (scope === session.id) return words.grants.thisSession;
  return scope.startsWith("ses_") ? words.grants.otherSession(scope) : words.grants.place(scope);
}
