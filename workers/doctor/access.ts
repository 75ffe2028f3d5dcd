import { messageOf } from "../../src/errors.ts";
import { SCOPES } from "../../src/http/caller.ts";
import { refuseOpenWithoutKeys } from "../start-api.ts";
import type { Check, Finding } from "./check.ts";

const WORDS = {
  en: {
    none: (host: string) => `no keys: only ${host} is served`,
    key: (name: string, scopes: string) => `${name}: ${scopes}`,
    unknown: (name: string, scopes: string) =>
      `${name} has the scope ${scopes}, which there is not`,
    known: `there are ${SCOPES.join(", ")}; \`npm run api-key\` makes an entry`,
  },
  zh: {
    none: (host: string) => `没有密钥：只服务 ${host}`,
    key: (name: string, scopes: string) => `${name}：${scopes}`,
    unknown: (name: string, scopes: string) => `${name} 的权限 ${scopes} 不存在`,
    known: `可用的有 ${SCOPES.join("、")}；\`npm run api-key\` 可生成一项`,
  },
} as const;

/** Who may use the API: the keys by name, and scopes that are misspelt, which would be refused without a word. */
export const access: Check = {
  name: { en: "API keys", zh: "API 密钥" },
  async run({ config }) {
    const { API_KEYS, HOST, LANGUAGE } = config;
    const words = WORDS[LANGUAGE];
    try {
      refuseOpenWithoutKeys(config);
    } catch (error) {
      return [{ state: "failed", text: messageOf(error) }];
    }
    if (API_KEYS.length === 0) return [{ state: "ok", text: words.none(HOST) }];
    return API_KEYS.map(({ name, scopes }): Finding => {
      const unknown = scopes.filter((scope) => !SCOPES.some((known) => known === scope));
      if (unknown.length === 0) return { state: "ok", text: words.key(name, scopes.join(", ")) };
      const text = words.unknown(name, unknown.join(", "));
      return { state: "warning", text, fix: words.known };
    });
  },
};
