/** Shorter values are no secrets worth hiding, and hiding them would garble every text. */
const SHORTEST_SECRET = 8;

/** An address as people are shown it: without credentials and query. */
export function shownAddress(address: string): string {
  const url = new URL(address);
  return `${url.origin}${url.pathname}`.replace(/\/$/u, "");
}

/** A function that takes these secrets out of a text. */
export function hiding(secrets: (string | undefined)[]): (text: string) => string {
  const long = secrets.filter((secret) => secret !== undefined && secret.length >= SHORTEST_SECRET);
  return (text) => long.reduce<string>((left, secret) => left.replaceAll(secret ?? "", "…"), text);
}
