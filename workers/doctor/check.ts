import type { Config } from "../../src/config.ts";

/**
 * What a check found. `ok`: it works; `off`: it is not configured, which is fine; `warning`: it works, but not as it
 * should; `failed`: it is configured and does not work. `fix` says what to do about it, naming the variable.
 */
export type Finding = {
  state: "ok" | "off" | "warning" | "failed";
  text: string;
  fix?: string;
};

export type CheckContext = {
  config: Config;
  /** Whether models may be asked one tiny question, which may cost money. */
  ask: boolean;
};

/** One thing that `npm run doctor` looks at; a file each. What `run` rejects with is a failure in those words. */
export type Check = {
  name: { en: string; zh: string };
  run(context: CheckContext): Promise<Finding[]>;
};
