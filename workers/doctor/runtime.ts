import type { Check } from "./check.ts";

const WORDS = {
  en: { fix: "start it by `npm run …` or `npx node …`: both use the Node that `npm ci` installs" },
  zh: { fix: "请用 `npm run …` 或 `npx node …` 启动：两者都使用 `npm ci` 安装的 Node" },
} as const;

/** The pinned Node, or one that does as well. */
export const runtime: Check = {
  name: { en: "Node", zh: "Node" },
  async run({ config }) {
    const { version, platform, arch } = process;
    const text = `${version} (${platform}-${arch})`;
    if (Number.parseInt(version.slice(1), 10) >= 24) return [{ state: "ok", text }];
    return [{ state: "failed", text, ...WORDS[config.LANGUAGE] }];
  },
};
