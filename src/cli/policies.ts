import type { Ruling } from "../client/explanation-schema.ts";
import { argsText, whoMay } from "./card-text.ts";
import type { Asked } from "./commands.ts";
import type { Conversation } from "./conversation.ts";

/** No tool is called so: what is asked about it names the rules, and nothing else of the answer counts. */
const NO_TOOL = "-";

/** The command `policies`: the rules in force, in their order. */
export async function listPolicies({ client, screen, words, user }: Conversation): Promise<void> {
  const { language } = words;
  const { rules } = await client.explainPolicy({ tool: NO_TOOL, user_id: user, language });
  const lines = rules.map(({ name }, i) => `${i + 1}. ${name}`);
  screen.say([words.policies.title, ...lines, words.policies.howToExplain].join("\n"));
}

/** Each rule, whether a call would meet it and why, and what would become of the call. Nothing is run or asked. */
export async function explainPolicy(talk: Conversation, asked: Asked): Promise<void> {
  const { client, screen, words, user } = talk;
  const { language } = words;
  const told = await client.explainPolicy({ ...asked, user_id: user, language });
  const rules = told.rules.map(
    ({ name, matched, why }, i) => `${matched ? "✔" : "·"} ${i + 1}. ${name}: ${why}`,
  );
  const args = argsText(asked.args);
  const lines = [
    `${words.labels.args}:${args === "" ? ` ${words.noArgs}` : `\n${args.replace(/^/gm, "  ")}`}`,
    `${words.labels.tier}: ${told.tier}`,
    ...(told.taint.length > 0 ? [`${words.labels.taint}: ${told.taint.join(", ")}`] : []),
    "",
    ...rules,
    "",
    ...rulingLines(talk, told.ruling),
  ];
  screen.card(words.policies.call(asked.tool), lines.join("\n"));
}

function rulingLines({ words, user }: Conversation, ruling: Ruling): string[] {
  const { policies } = words;
  switch (ruling.kind) {
    case "run":
      return [policies.runs(ruling.ruleName)];
    case "deny":
      return [policies.denied, ruling.reason];
    case "ask": {
      const { approvers, quorum, name } = ruling.rule;
      const who = approvers.map((one) => whoMay(one, user, words));
      return [policies.asks(name, ruling.tier, quorum, who), ruling.reason];
    }
    default: {
      const never: never = ruling;
      return never;
    }
  }
}
