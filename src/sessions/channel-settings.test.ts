import assert from "node:assert/strict";
import { test } from "node:test";
import { channelSettings } from "./channel-settings.ts";

test("channelSettings: the nearer place wins, field by field; others' places say nothing", () => {
  const channels = {
    "slack:T1": { model: "demo", language: "zh" as const },
    "slack:T1:C1": { model: "openai:gpt-5-mini", system_prompt: "Be brief." },
    "slack:T1:C11": { language: "en" as const },
  };
  assert.deepEqual(channelSettings(channels, "slack:T1:C1:17.2"), {
    model: "openai:gpt-5-mini",
    language: "zh",
    systemPrompt: "Be brief.",
  });
  assert.deepEqual(channelSettings(channels, "discord:T1:C1"), {});
  assert.deepEqual(channelSettings(channels, "__proto__"), {});
});
