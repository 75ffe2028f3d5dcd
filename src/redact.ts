/** What a secret looks like wherever it stands: bearer tokens, vendors' keys, passwords and keys in URLs. */
const SHAPES: [RegExp, string][] = [
  [/\b(Bearer|Bot)\s+[A-Za-z0-9._~+/=-]{8,}/g, "$1 [redacted]"],
  [/\b(sk|xox[abeprs]|xapp|csk)[-_][A-Za-z0-9_-]{8,}/g, "[redacted]"],
  [/(:\/\/[^:/@\s"]*:)[^@/\s"]+@/g, "$1[redacted]@"],
  [/([?&](?:key|token|api_key|access_token|secret|sig)=)[^&\s"]+/gi, "$1[redacted]"],
];

/** `text` without secrets: those handed in, and whatever has a secret's shape. */
export function redact(text: string, secrets: string[] = []): string {
  let clean = text;
  for (const secret of secrets)
    if (secret.length >= 6) clean = clean.replaceAll(secret, "[redacted]");
  for (const [shape, replacement] of SHAPES) clean = clean.replace(shape, replacement);
  return clean;
}
