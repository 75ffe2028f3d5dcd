import assert from "node:assert/strict";
import { test } from "node:test";
import { fileSchema } from "../../config-file.ts";
import { standingOf } from "./to-tool.ts";

/** `standingOf` for the tool `search` of the server `web`, as a file configures it. */
function standing(entry: Record<string, unknown>, tools: Record<string, unknown> = {}) {
  const web = { transport: "stdio", command: "web", ...entry };
  const file = fileSchema.parse({ mcp: { web }, tools });
  assert.ok(file.mcp.web);
  return standingOf({ server: "web", tool: "search" }, file.mcp.web, file.tools);
}

test("standingOf makes a tool that nobody lists ask, and not idempotent", () => {
  assert.deepEqual(standing({}), {
    tier: "ask",
    idempotent: false,
    timeoutMs: 60_000,
    enabled: true,
  });
});

test("standingOf follows the server's entry", () => {
  assert.equal(standing({ free: ["search"] }).tier, "free");
  assert.equal(standing({ tier: "dashboard" }).tier, "dashboard");
  assert.equal(standing({ idempotent: ["search"] }).idempotent, true);
  assert.equal(standing({ timeout_seconds: 5 }).timeoutMs, 5_000);
});

test("standingOf follows `tools` under the long name before the entry", () => {
  const web__search = { tier: "free", idempotent: true, timeout_seconds: 1 };
  assert.deepEqual(standing({ tier: "guarded" }, { web__search }), {
    tier: "free",
    idempotent: true,
    timeoutMs: 1_000,
    enabled: true,
  });
  assert.equal(standing({}, { web__search: { enabled: false } }).enabled, false);
});

test("standingOf lets `tools` under the plain name tighten, never loosen", () => {
  assert.equal(standing({}, { search: { tier: "free", idempotent: true } }).tier, "ask");
  assert.equal(standing({}, { search: { idempotent: true } }).idempotent, false);
  assert.equal(standing({ free: ["search"] }, { search: { tier: "guarded" } }).tier, "guarded");
  assert.equal(
    standing({ idempotent: ["search"] }, { search: { idempotent: false } }).idempotent,
    false,
  );
  assert.equal(standing({}, { search: { enabled: false } }).enabled, false);
});
