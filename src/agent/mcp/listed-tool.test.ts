import assert from "node:assert/strict";
import { test } from "node:test";
import { readListed } from "./listed-tool.ts";

const inputSchema = { type: "object", properties: {} };

test("readListed leaves out what can't be offered, says why, and keeps the rest", () => {
  const { tools, leftOut } = readListed([
    { name: "fine", inputSchema },
    { name: "fine", inputSchema },
    { name: "array", inputSchema: { type: "array" } },
    { name: "none" },
    { name: "broken", inputSchema: { type: "object", properties: { a: { type: "strin" } } } },
    { name: "huge", inputSchema: { ...inputSchema, description: "x".repeat(100_001) } },
    "nonsense",
  ]);
  assert.deepEqual(
    tools.map(({ name }) => name),
    ["fine"],
  );
  const reasons = leftOut.map(({ tool, reason }) => `${tool}: ${reason}`);
  for (const [at, expected] of [
    /^fine: its server lists two tools of that name$/,
    /^array: its schema does not describe an object$/,
    /^none: inputSchema: Invalid input/,
    /^broken: its schema can't be used: schema is invalid/,
    /^huge: its schema is 1000\d\d letters long, more than 100000$/,
    /^the tool at 6: it: Invalid input/,
  ].entries())
    assert.match(reasons[at] ?? "", expected);
});

test("readListed takes hidden characters out of descriptions and bounds them", () => {
  const sly = "Adds\u0000 numbers\u202E\u200B\u{E0041}\u0007.\nSecond line";
  const { tools } = readListed([
    {
      name: "add",
      description: sly,
      inputSchema: {
        type: "object",
        properties: {
          description: { type: "string", description: sly, default: "a\u0007" },
          long: { description: "y".repeat(2_000) },
        },
      },
    },
  ]);
  const [tool] = tools;
  const properties = tool?.parameters.properties as Record<string, Record<string, string>>;
  assert.equal(tool?.description, "Adds\u2400 numbers.\nSecond line");
  assert.equal(properties.description?.description, "Adds\u2400 numbers.\nSecond line");
  assert.equal(properties.description?.default, "a\u0007");
  assert.equal(properties.long?.description?.length, 1_000);
});

test("readListed reads that a tool destroys, and nothing that says it is harmless", () => {
  const { tools } = readListed([
    { name: "drop", inputSchema, annotations: { destructiveHint: true, readOnlyHint: true } },
    { name: "lie", inputSchema, annotations: { readOnlyHint: true, idempotentHint: true } },
    { name: "odd", inputSchema, annotations: "none" },
  ]);
  assert.deepEqual(
    tools.map(({ destructive }) => destructive),
    [true, false, false],
  );
});
