import { spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { until } from "./until.ts";

/** The terminal client as a child process whose input and output are pipes. Disposing kills it. */
export type Terminal = {
  /** Types a line. */
  type(line: string): void;
  /** Resolves once it has said this, after what was waited for before. */
  says(words: string | RegExp): Promise<void>;
  /** All that it has written to stdout. */
  output(): string;
  errors(): string;
  /** Closes its input and gives its exit code. */
  end(): Promise<number | null>;
  kill(): Promise<void>;
} & AsyncDisposable;

const main = path.resolve(import.meta.dirname, "../../src/cli/main.ts");

export function openTerminal(args: string[], env: Record<string, string> = {}): Terminal {
  const child = spawn(process.execPath, [main, ...args], {
    env: { PATH: process.env.PATH ?? "", LANG: "C.UTF-8", ...env },
    stdio: "pipe",
  });
  const gone = once(child, "close") as Promise<[number | null]>;
  let output = "";
  let errors = "";
  let heard = 0;
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    output += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    errors += text;
  });
  child.stdin.on("error", () => {}); // typed into a client that has gone
  const kill = async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill("SIGKILL");
    await gone;
  };
  return {
    type: (line) => void child.stdin.write(`${line}\n`),
    async says(words) {
      const find = () => {
        const rest = output.slice(heard);
        if (typeof words === "string") return rest.indexOf(words) + words.length;
        const match = words.exec(rest);
        return match ? match.index + match[0].length : 0;
      };
      const isThere = () =>
        typeof words === "string"
          ? output.slice(heard).includes(words)
          : words.test(output.slice(heard));
      await until(`it says ${words}`, isThere).catch((cause) => {
        throw new Error(`It did not say ${words}. It said:\n${output}${errors}`, { cause });
      });
      heard += find();
    },
    output: () => output,
    errors: () => errors,
    async end() {
      child.stdin.end();
      const [code] = await gone;
      return code;
    },
    kill,
    [Symbol.asyncDispose]: kill,
  };
}
