import assert from "node:assert/strict";
import { test } from "node:test";
import { type Line, parseExpiry, parseLine } from "./commands.ts";

function command(line: string) {
  const parsed = parseLine(line);
  assert.equal(parsed.kind, "command", `"${line}" should be a command`);
  return (parsed as Extract<Line, { kind: "command" }>).command;
}

test("a command goes with and without a slash", () => {
  for (const line of ["status", "/status", "STATUS", " /status".trim()])
    assert.deepEqual(command(line), { name: "status" });
  assert.deepEqual(command("quit"), { name: "exit" });
  assert.deepEqual(command("history 2"), { name: "history", pick: 2 });
  assert.deepEqual(command("expiry never"), { name: "expiry", value: "never" });
  assert.deepEqual(command("memory add I like tea"), {
    name: "memory",
    act: "add",
    text: "I like tea",
  });
  assert.deepEqual(command("setting model qwen:qwen-plus"), {
    name: "setting",
    set: { name: "model", value: "qwen:qwen-plus" },
  });
  assert.deepEqual(command("/new trip to Rome"), { name: "new", title: "trip to Rome" });
});

test("the commands about approvals take numbers, calls and what a call comes after", () => {
  assert.deepEqual(command("approvals"), { name: "approvals", pick: undefined });
  assert.deepEqual(command("approvals 2"), { name: "approvals", pick: 2 });
  assert.deepEqual(command("withdraw 1"), { name: "withdraw", pick: 1 });
  assert.deepEqual(command("why"), { name: "why" });
  assert.deepEqual(command("grants"), { name: "grants", revoke: undefined });
  assert.deepEqual(command("grants revoke gnt_1"), { name: "grants", revoke: "gnt_1" });
  assert.deepEqual(command("policies"), { name: "policies", explain: undefined });
  assert.deepEqual(command("policies explain refund"), {
    name: "policies",
    explain: { tool: "refund", args: {} },
  });
  assert.deepEqual(
    command('policy explain refund {"note": "as {x} after y"} as guarded after web,mcp:x'),
    {
      name: "policies",
      explain: {
        tool: "refund",
        args: { note: "as {x} after y" },
        tier: "guarded",
        taint: ["web", "mcp:x"],
      },
    },
  );
});

test("what is likely meant for the agent is a message", () => {
  for (const text of [
    "help me pack",
    "new hotels in Berlin",
    "stop all the trains",
    "history of Rome",
    "memory is a funny thing",
    "expiry dates of milk",
    "why not?",
    "withdraw my money",
    "grants for students",
    "approvals of drugs in 2025",
    "policies explain a lot",
    "policies explain refund [1]",
    "policies explain refund as emperor",
    "yes",
    "constructor",
    "调用工具预定如家酒店",
  ])
    assert.deepEqual(parseLine(text), { kind: "message", text });
});

test("a leading space, or `say`, sends what looks like a command", () => {
  assert.deepEqual(parseLine(" status"), { kind: "message", text: "status" });
  assert.deepEqual(parseLine("say status"), { kind: "message", text: "status" });
  assert.deepEqual(parseLine("/say /nonsense"), { kind: "message", text: "/nonsense" });
  assert.deepEqual(parseLine("say hello to Ada"), { kind: "message", text: "say hello to Ada" });
});

test("a slash command that is none, or lacks something, is not sent", () => {
  assert.deepEqual(parseLine("/frobnicate"), {
    kind: "usage",
    name: "frobnicate",
    isKnown: false,
  });
  assert.deepEqual(parseLine("/expiry soon"), { kind: "usage", name: "expiry", isKnown: true });
  assert.deepEqual(parseLine("   "), { kind: "empty" });
});

test("a decision is read only where one is asked for", () => {
  const decide = (line: string) => parseLine(line, { deciding: true });
  const review = (decision: unknown) => ({ kind: "decision", decision });
  assert.deepEqual(decide("accept"), review({ type: "accept" }));
  assert.deepEqual(decide("yes"), review({ type: "accept" }));
  assert.deepEqual(decide("no"), review({ type: "reject" }));
  assert.deepEqual(decide("reject too dear"), review({ type: "reject", message: "too dear" }));
  assert.deepEqual(decide("response ask first"), review({ type: "respond", message: "ask first" }));
  assert.deepEqual(decide("edit"), review({ type: "edit", ask: true }));
  assert.deepEqual(
    decide('edit {"hotel_name": "全季酒店(软件园店)"}'),
    review({ type: "edit", args: { hotel_name: "全季酒店(软件园店)" } }),
  );
  assert.deepEqual(
    decide("accept for 1h 3 uses"),
    review({ type: "accept", grant: { scope: "session", expires_in_seconds: 3600, uses: 3 } }),
  );
  assert.deepEqual(decide("accept for tea"), { kind: "usage", name: "accept", isKnown: true });
  assert.equal(decide("accept my apologies").kind, "message");
  assert.equal(decide("edit [1]").kind, "message");
  assert.equal(decide("yes please, but later").kind, "message");
  assert.equal(decide("status").kind, "command");
});

test("parseExpiry takes whole seconds up to a year", () => {
  assert.equal(parseExpiry("600"), 600);
  assert.equal(parseExpiry("default"), "default");
  for (const text of ["0", "-1", "1.5", "31536001", "1e3", "soon", ""])
    assert.equal(parseExpiry(text), undefined);
});
