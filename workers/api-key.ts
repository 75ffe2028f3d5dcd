import { createHash, randomBytes } from "node:crypto";
import { parseArgs } from "node:util";
import { messageOf } from "../src/errors.ts";
import { SCOPES } from "../src/http/caller.ts";

const USAGE = `npm run api-key [-- --name <name> --scopes <scope>,<scope>]
  --name    letters, digits, . _ -: whose key it is. Users of different keys are different people. Default: default
  --scopes  of ${SCOPES.join(", ")}. Default: runs,approvals
`;

/** Makes an API key: the key itself, which is shown this once, and the entry for API_KEYS, which holds its hash. */
function makeKey(name: string, scopes: string[]): { key: string; entry: string } {
  const key = `csk_${randomBytes(32).toString("base64url")}`;
  const hash = createHash("sha256").update(key).digest("hex");
  return { key, entry: `${name}:${scopes.join("+")}:${hash}` };
}

function readOptions(args: string[]): { name: string; scopes: string[] } {
  const { values } = parseArgs({
    args,
    options: {
      name: { type: "string", default: "default" },
      scopes: { type: "string", default: "runs,approvals" },
    },
  });
  const { name } = values;
  if (!/^[A-Za-z0-9._-]+$/.test(name))
    throw new Error(`--name holds ${JSON.stringify(name)}: should be letters, digits, . _ -`);
  if (name === "local")
    throw new Error('--name holds "local": callers without a key are called so');
  const scopes = [...new Set(values.scopes.split(/[,+\s]+/).filter(Boolean))];
  const unknown = scopes.filter((scope) => !SCOPES.some((known) => known === scope));
  if (unknown.length > 0 || scopes.length === 0)
    throw new Error(
      `--scopes holds ${JSON.stringify(values.scopes)}: should be some of ${SCOPES.join(", ")}`,
    );
  return { name, scopes };
}

const args = process.argv.slice(2);
if (args.includes("--help")) process.stdout.write(USAGE);
else {
  try {
    const { name, scopes } = readOptions(args);
    const { key, entry } = makeKey(name, scopes);
    process.stdout.write(`The key, for the client. It is shown this once:
  ${key}

Its entry in the server's API_KEYS (several are separated by commas; .env will do):
  API_KEYS=${entry}

A client sends it as "Authorization: Bearer <key>"; the terminal reads it from COUNTERSIGN_API_KEY.
`);
  } catch (error) {
    process.stderr.write(`${messageOf(error)}\n\n${USAGE}`);
    process.exitCode = 2;
  }
}
