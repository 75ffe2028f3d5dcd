import type { Check } from "./check.ts";

/** Nothing to check until the adapter is there. */
export const discord: Check = {
  name: { en: "Discord", zh: "Discord" },
  async run({ config }) {
    const text =
      config.LANGUAGE === "zh"
        ? "适配器将在后续版本提供，届时设置 DISCORD_TOKEN"
        : "the adapter comes next; set DISCORD_TOKEN then";
    return [{ state: "off", text }];
  },
};
