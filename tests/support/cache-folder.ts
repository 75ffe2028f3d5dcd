import fs from "node:fs";
import os from "node:os";
import path from "node:path";

/**
 * A folder for what tests make once and share between processes and runs: `name` under
 * node_modules/.cache, or in the temporary folder where root installed and another user tests.
 */
export function cacheFolder(name: string): string {
  const shared = path.resolve(
    import.meta.dirname,
    "../../node_modules/.cache/countersign-test",
    name,
  );
  if (isUsable(shared)) return shared;
  const own = path.join(os.tmpdir(), `countersign-test-${process.getuid?.()}`);
  fs.mkdirSync(own, { recursive: true, mode: 0o700 });
  if (fs.statSync(own).uid !== process.getuid?.())
    throw new Error(`${own} belongs to another user`);
  const folder = path.join(own, name);
  fs.mkdirSync(folder, { recursive: true });
  return folder;
}

function isUsable(folder: string): boolean {
  try {
    fs.mkdirSync(folder, { recursive: true });
    fs.accessSync(folder, fs.constants.W_OK | fs.constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
