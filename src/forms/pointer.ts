/** JSON pointers (RFC 6901) into arguments: "/address/city"; "" is the whole. */

export function pointer(names: readonly (string | number)[]): string {
  return names
    .map((name) => `/${String(name).replaceAll("~", "~0").replaceAll("/", "~1")}`)
    .join("");
}

function namesIn(path: string): string[] {
  return path
    .split("/")
    .slice(1)
    .map((name) => name.replaceAll("~1", "/").replaceAll("~0", "~"));
}

/** Whether `path` is `above` or lies below it. */
export function isWithin(path: string, above: string): boolean {
  return path === above || path.startsWith(`${above}/`);
}

/** What stands at `path`; undefined where there is nothing. Inherited properties do not count. */
export function valueAt(root: unknown, path: string): unknown {
  let value = root;
  for (const name of namesIn(path)) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, name))
      return undefined;
    value = (value as Record<string, unknown>)[name];
  }
  return value;
}

/** A copy of `root` with `value` at `path`, objects made on the way; undefined leaves the property out. */
export function withValue(root: unknown, path: string, value: unknown): unknown {
  return put(root, namesIn(path), value);
}

function put(root: unknown, [name, ...rest]: string[], value: unknown): unknown {
  if (name === undefined) return value;
  const entries = new Map(isObject(root) ? Object.entries(root) : []);
  if (rest.length === 0 && value === undefined) entries.delete(name);
  else entries.set(name, put(entries.get(name), rest, value));
  return Object.fromEntries(entries);
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
