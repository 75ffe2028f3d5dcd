import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import type { FileConfig } from "../config-file.ts";
import { ConfigError, messageOf } from "../errors.ts";
import type { Log } from "../log.ts";
import type { PolicyConfig } from "../policy-schema.ts";
import { type CompiledPolicy, compilePolicy } from "./compile-policy.ts";

export type PolicyStore = {
  /** The policy in force: the last good one. Undefined: the built-in rules. */
  current(): CompiledPolicy | undefined;
  /** What is wrong with the file as it is now, for `/ready`; undefined where it is the one in force. */
  fault(): string | undefined;
} & AsyncDisposable;

export type PolicyStoreOptions = {
  /** Of COUNTERSIGN_CONFIG; undefined where none is configured, and nothing is watched. */
  path: string | undefined;
  /** The policies that the process started with. */
  initial: PolicyConfig | undefined;
  /** Reads the file's text as the start did. Throws ConfigError. */
  parse(text: string): FileConfig;
  log: Log;
  /** The file went bad, in words; once each time it changes. */
  onFault(words: string): void | Promise<void>;
  /** Other rules came into force. */
  onReload(): void | Promise<void>;
  everyMs?: number;
};

/**
 * Holds the policy and follows its file. Looks at the content each second: editors that write a new file in place of
 * the old one, mounted configuration and network folders are missed by watching. What is found counts once it has
 * stayed the same for two looks, so that a file that is being written is not taken for half of it.
 * Where the file is gone, empty or invalid, or has lost its policies, the last good policy stays in force.
 */
export function openPolicyStore(options: PolicyStoreOptions): PolicyStore {
  const { path, parse, log, everyMs = 1_000 } = options;
  let inForce = options.initial;
  let policy = inForce && compilePolicy(inForce);
  let fault: string | undefined;

  /** Takes what was found into force, or says why not. */
  async function settle(found: Found): Promise<void> {
    try {
      const next = policiesOf(found);
      if (fault) log.info("the policy's file is valid again");
      fault = undefined;
      if (JSON.stringify(next) === JSON.stringify(inForce)) return;
      policy = next && compilePolicy(next);
      inForce = next;
      log.info({ rules: next?.rules.length }, "the policy was reloaded");
      await options.onReload();
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      fault = error.message;
      log.error({ fault }, "the policy's file is not valid: the last good policy stays in force");
      await options.onFault(fault);
    }
  }

  function policiesOf(found: Found): PolicyConfig | undefined {
    if ("problem" in found) throw new ConfigError(`${path} can't be read: ${found.problem}`);
    const { policies } = parse(found.text);
    if (!policies && inForce)
      throw new ConfigError(`${path} has no policies any more: restart for the built-in rules`);
    return policies;
  }

  const end = new AbortController();
  async function follow(path: string): Promise<void> {
    let seen: string | undefined;
    let settled: string | undefined;
    for (;;) {
      await sleep(everyMs, undefined, { signal: end.signal, ref: false });
      const found = await look(path);
      const key = keyOf(found);
      const stayed = key === seen;
      seen = key;
      if (!stayed || key === settled) continue;
      settled = key;
      // What fails here is the caller's audit or log: the next change is followed all the same.
      await settle(found).catch((error) =>
        log.error({ error: messageOf(error) }, "the policy's reload was not written down"),
      );
    }
  }
  const following =
    path === undefined
      ? Promise.resolve()
      : follow(path).catch((error) => {
          if (!end.signal.aborted) throw error;
        });

  return {
    current: () => policy,
    fault: () => fault,
    async [Symbol.asyncDispose]() {
      end.abort();
      await following;
    },
  };
}

type Found = { text: string } | { problem: string };

async function look(path: string): Promise<Found> {
  try {
    return { text: await readFile(path, "utf8") };
  } catch (error) {
    return { problem: messageOf(error) };
  }
}

function keyOf(found: Found): string {
  return "text" in found
    ? createHash("sha256").update(found.text).digest("hex")
    : `problem: ${found.problem}`;
}
