import { openApprovals } from "./approvals.ts";
import type { Command } from "./commands.ts";
import type { Conversation } from "./conversation.ts";
import { listGrants, revokeGrant } from "./grants.ts";
import { listHistory, pickHistory } from "./history.ts";
import { addMemory, forgetMemory, listMemories } from "./memories.ts";
import { expiryWords, newSession, showPlace } from "./place.ts";
import { explainPolicy, listPolicies } from "./policies.ts";
import { changeSetting, showSettings } from "./settings.ts";
import { explainWhy } from "./why.ts";
import { withdraw } from "./withdraw.ts";

/** Carries out a command. Throws what the client throws. */
export async function runCommand(talk: Conversation, command: Command): Promise<void> {
  const { screen, words } = talk;
  switch (command.name) {
    case "status":
      return showPlace(talk);
    case "new":
      return newSession(talk, command.title);
    case "history":
      return command.pick === undefined ? listHistory(talk) : pickHistory(talk, command.pick);
    case "approvals":
      return openApprovals(talk, command.pick);
    case "withdraw":
      return withdraw(talk, command.pick);
    case "why":
      return explainWhy(talk);
    case "grants":
      return command.revoke === undefined ? listGrants(talk) : revokeGrant(talk, command.revoke);
    case "policies":
      return command.explain ? explainPolicy(talk, command.explain) : listPolicies(talk);
    case "stop":
      return stopAll(talk);
    case "memory":
      if (command.act === "list") return listMemories(talk);
      return command.act === "add"
        ? addMemory(talk, command.text)
        : forgetMemory(talk, command.text);
    case "expiry":
      if (command.value !== undefined) return changeSetting(talk, "expiry", `${command.value}`);
      talk.session = await talk.client.session(talk.session.id);
      return screen.say(words.expiryIs(expiryWords(words, talk.session)));
    case "setting":
      return command.set
        ? changeSetting(talk, command.set.name, command.set.value)
        : showSettings(talk);
    case "help":
      return screen.say(words.help);
    case "exit":
      talk.isLeaving = true;
      return;
    default: {
      const never: never = command;
      throw new TypeError(`Unknown command ${JSON.stringify(never)}`);
    }
  }
}

/** Stops every run of the session that has not ended; how each ends is shown with what it did. */
async function stopAll({ client, screen, words, user, open, deferred }: Conversation) {
  if (open.size === 0) return screen.say(words.nothingRuns, "faint");
  for (const runId of open.keys()) await client.stopRun(runId, { user_id: user });
  deferred.clear();
}
