import type { Check } from "./check.ts";

/** Nothing to check until the adapter is there. */
export const slack: Check = {
  name: { en: "Slack", zh: "Slack" },
  async run({ config }) {
    const text =
      config.LANGUAGE === "zh"
        ? "适配器将在后续版本提供，届时设置 SLACK_BOT_TOKEN"
        : "the adapter comes next; set SLACK_BOT_TOKEN then";
    return [{ state: "off", text }];
  },
};
