import assert from "node:assert/strict";
import { test } from "node:test";
import { fileSchema } from "../../config-file.ts";
import { redactor } from "./secrets.ts";

const redactorOf = (entry: Record<string, unknown>) => {
  const { mcp } = fileSchema.parse({ mcp: { x: entry } });
  assert.ok(mcp.x);
  return redactor(mcp.x);
};

test("redactor hides what a URL's query, path and headers hold, as written and as parsed", () => {
  const redact = redactorOf({
    transport: "sse",
    url: "https://maps.example/s/0123456789abcdef0123/sse?key=sesame%2Fopen",
    headers: { authorization: "Bearer hush-hush" },
  });
  const hidden = redact("hush-hush sesame/open sesame%2Fopen 0123456789abcdef0123 maps.example");
  assert.equal(hidden, "[redacted] [redacted] [redacted] [redacted] maps.example");
});

test("redactor hides a command's env and what follows a flag for a secret", () => {
  const redact = redactorOf({
    transport: "stdio",
    command: "serve",
    args: ["/srv/serve.js", "--api-key", "sesame", "--token=open-up", "--port=654321"],
    env: { PASSWORD: "hush-hush" },
  });
  assert.equal(
    redact("/srv/serve.js sesame open-up 654321 hush-hush"),
    "/srv/serve.js [redacted] [redacted] 654321 [redacted]",
  );
});
