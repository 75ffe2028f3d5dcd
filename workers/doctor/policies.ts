import type { Check } from "./check.ts";

const WORDS = {
  en: {
    builtIn: "the built-in rules: who asked decides; guarded and dashboard tools are denied",
    rules: (count: number, file: string) => `${count} ${count === 1 ? "rule" : "rules"} in ${file}`,
    write: "docs/approvals.md says how to write others, under policies: in COUNTERSIGN_CONFIG",
  },
  zh: {
    builtIn: "内置规则：由发起请求的人决定；guarded 和 dashboard 级别的工具一律拒绝",
    rules: (count: number, file: string) => `${file} 中有 ${count} 条规则`,
    write: "在 COUNTERSIGN_CONFIG 指定的文件的 policies: 下填写规则，写法见 docs/approvals.md",
  },
} as const;

/** Which policies are in force. What is wrong with them is told as a wrong configuration, as at the start. */
export const policies: Check = {
  name: { en: "Policies", zh: "审批策略" },
  async run({ config: { file, COUNTERSIGN_CONFIG = "", LANGUAGE } }) {
    const words = WORDS[LANGUAGE];
    if (file.policies === undefined)
      return [{ state: "ok", text: words.builtIn, fix: words.write }];
    return [{ state: "ok", text: words.rules(file.policies.rules.length, COUNTERSIGN_CONFIG) }];
  },
};
