import type { SettingsBody } from "../api.ts";
import { parseExpiry, SETTINGS, type SettingName } from "./commands.ts";
import type { Conversation } from "./conversation.ts";
import { expiryWords } from "./place.ts";

/** Shows the settings and, to a person, offers to change one. */
export async function showSettings(talk: Conversation): Promise<void> {
  const { screen, words, client } = talk;
  talk.session = await client.session(talk.session.id);
  const server = await client.settings();
  const rows = SETTINGS.map((name) => ({ name, value: shownValue(talk, server, name) }));
  if (!screen.isInteractive) {
    const lines = rows.map(({ name, value }) => `${name}: ${value}`);
    return screen.say([...lines, words.settingValues].join("\n"));
  }
  const picked = await screen.choose(words.changeWhich, [
    { value: "", label: words.nothing },
    ...rows.map(({ name, value }) => ({
      value: name,
      label: `${words.settingNames[name]}: ${value}`,
    })),
  ]);
  const name = SETTINGS.find((known) => known === picked);
  if (!name) return;
  screen.say(words.settingValues, "faint");
  const value = await screen.ask(words.newValue(words.settingNames[name]));
  if (value?.trim()) await changeSetting(talk, name, value.trim());
}

/** Changes one setting of the session, or of the server. `default` goes back to the server's. */
export async function changeSetting(
  talk: Conversation,
  name: SettingName,
  value: string,
): Promise<void> {
  const { client, screen, words } = talk;
  const { id } = talk.session;
  switch (name) {
    case "title":
      talk.session = await client.patchSession(id, { title: value });
      break;
    case "expiry":
    case "default_expiry": {
      const ttl = parseExpiry(value);
      if (ttl === undefined) return screen.say(words.settingValues, "warning");
      if (name === "expiry") talk.session = await client.patchSession(id, { ttl_seconds: ttl });
      else await client.patchSettings({ session_ttl_seconds: ttl });
      break;
    }
    default:
      // what the values may be is the server's to say
      talk.session = await client.patchSession(id, {
        settings: { [name]: value === "default" ? null : value },
      });
  }
  const now = shownValue(talk, await client.settings(), name);
  screen.say(words.isSet(words.settingNames[name], now), "good");
}

function shownValue(talk: Conversation, server: SettingsBody, name: SettingName): string {
  const { session, words } = talk;
  const orDefault = (value: string | null, standard: string) => value ?? words.byDefault(standard);
  switch (name) {
    case "title":
      return session.title || words.untitled;
    case "expiry":
      return expiryWords(words, session);
    case "default_expiry":
      return server.session_ttl_seconds === null
        ? words.never
        : words.seconds(server.session_ttl_seconds);
    case "model":
      return orDefault(session.settings.model, server.model);
    case "language":
      return orDefault(session.settings.language, server.language);
    case "system_prompt":
      return orDefault(session.settings.system_prompt, words.none);
    case "while_running":
      return orDefault(session.settings.while_running, "queue");
    case "while_waiting":
      return orDefault(session.settings.while_waiting, "beside");
    default: {
      const never: never = name;
      return never;
    }
  }
}
