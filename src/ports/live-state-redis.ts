import { clean } from "../text.ts";
import type { LiveState } from "./live-state.ts";
import { connectRedis } from "./redis-connection.ts";

const TOUCH_IF = `if redis.call("get", KEYS[1]) == ARGV[1] then return redis.call("pexpire", KEYS[1], ARGV[2]) end return 0`;
const DELETE_IF = `if redis.call("get", KEYS[1]) == ARGV[1] then return redis.call("del", KEYS[1]) end return 0`;

export async function openRedisState(url: string): Promise<LiveState> {
  const redis = await connectRedis(url);
  const at = (key: string) => `state:${clean(key)}`;
  return {
    async get<T>(key: string) {
      const text = await redis.get(at(key));
      return text === null ? undefined : (JSON.parse(text) as T);
    },
    async set(key, value, ttlMs) {
      await redis.set(at(key), JSON.stringify(value), "PX", Math.ceil(ttlMs));
    },
    async delete(key) {
      await redis.del(at(key));
    },
    async add(key, value, ttlMs) {
      const text = JSON.stringify(value);
      return (await redis.set(at(key), text, "PX", Math.ceil(ttlMs), "NX")) === "OK";
    },
    async touchIf(key, value, ttlMs) {
      const text = JSON.stringify(value);
      return (await redis.eval(TOUCH_IF, 1, at(key), text, Math.ceil(ttlMs))) === 1;
    },
    async deleteIf(key, value) {
      return (await redis.eval(DELETE_IF, 1, at(key), JSON.stringify(value))) === 1;
    },
    async ping() {
      await redis.ping();
    },
    async [Symbol.asyncDispose]() {
      redis.disconnect();
    },
  };
}
