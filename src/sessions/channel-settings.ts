import type { SessionSettings } from "#db/schema/sessions.ts";
import type { FileConfig } from "../config-file.ts";
import type { Place } from "../events.ts";

/**
 * What the configuration says of sessions at a place: of the place itself, and of what it lies in, the nearer first
 * (`slack:T1:C1` before `slack:T1` for `slack:T1:C1:17.2`). A new session starts with it; its own settings win.
 */
export function channelSettings(channels: FileConfig["channels"], place: Place): SessionSettings {
  const settings: SessionSettings = {};
  for (let parts = 1; parts <= place.split(":").length; parts++) {
    const around = place.split(":").slice(0, parts).join(":");
    const entry = Object.hasOwn(channels, around) ? channels[around] : undefined;
    if (!entry) continue;
    Object.assign(settings, {
      ...(entry.model !== undefined && { model: entry.model }),
      ...(entry.system_prompt !== undefined && { systemPrompt: entry.system_prompt }),
      ...(entry.language !== undefined && { language: entry.language }),
      ...(entry.while_running !== undefined && { whileRunning: entry.while_running }),
      ...(entry.while_waiting !== undefined && { whileWaiting: entry.while_waiting }),
    });
  }
  return settings;
}
