import { Redis } from "ioredis";
import { messageOf } from "../../src/errors.ts";
import type { Check, Finding } from "./check.ts";

const WORDS = {
  en: {
    off: "PostgreSQL is queue, live state and announcements",
    turnOn: "set REDIS_URL for more throughput",
    at: (version: string, host: string) => `Redis ${version} at ${host}`,
    old: "update it to 6.2 or newer",
    evicts: (policy: string) => `its maxmemory-policy is ${policy}, so that it may drop jobs`,
    keep: "set maxmemory-policy to noeviction (a job that is dropped is added again, but late)",
    away: (host: string, why: string) => `${host} can't be reached: ${why}`,
    check: "check REDIS_URL and that the server runs, or unset it",
  },
  zh: {
    off: "队列、在线状态和通知由 PostgreSQL 承担",
    turnOn: "设置 REDIS_URL 可提高吞吐量",
    at: (version: string, host: string) => `Redis ${version}，${host}`,
    old: "请升级到 6.2 或更新版本",
    evicts: (policy: string) => `maxmemory-policy 为 ${policy}，可能丢弃作业`,
    keep: "请将 maxmemory-policy 设为 noeviction（被丢弃的作业会重新加入，但会延迟）",
    away: (host: string, why: string) => `无法连接 ${host}：${why}`,
    check: "请检查 REDIS_URL 以及服务器是否在运行，或不设置它",
  },
} as const;

/** Whether the Redis that is configured is there, new enough and keeps what it is given. */
export const redis: Check = {
  name: { en: "Redis", zh: "Redis" },
  async run({ config: { REDIS_URL, LANGUAGE } }) {
    const words = WORDS[LANGUAGE];
    if (REDIS_URL === undefined) return [{ state: "off", text: words.off, fix: words.turnOn }];
    const host = URL.parse(REDIS_URL)?.host ?? "";
    const client = new Redis(REDIS_URL, {
      lazyConnect: true,
      connectTimeout: 5000,
      commandTimeout: 5000,
      retryStrategy: () => null,
    });
    let failure: unknown;
    client.on("error", (error) => {
      failure = error;
    });
    try {
      await client.connect();
      return examine(await client.info(), host, words);
    } catch (error) {
      const why = messageOf(failure ?? error);
      return [{ state: "failed", text: words.away(host, why), fix: words.check }];
    } finally {
      client.disconnect();
    }
  },
};

function examine(info: string, host: string, words: (typeof WORDS)["en" | "zh"]): Finding[] {
  const field = (name: string) => new RegExp(`^${name}:(.*?)\r?$`, "m").exec(info)?.[1] ?? "";
  const version = field("redis_version");
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const text = words.at(version, host);
  const isOld = major < 6 || (major === 6 && minor < 2);
  const policy = field("maxmemory_policy");
  const evicts = policy !== "" && policy !== "noeviction";
  return [
    isOld ? { state: "warning", text, fix: words.old } : { state: "ok", text },
    ...(evicts ? [{ state: "warning", text: words.evicts(policy), fix: words.keep } as const] : []),
  ];
}
