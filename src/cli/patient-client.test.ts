import assert from "node:assert/strict";
import { test } from "node:test";
import { ApiError, UnreachableError } from "../client/api-error.ts";
import { openClient } from "../client/client.ts";
import { patientClient } from "./patient-client.ts";

/** A patient client whose requests meet these answers, one after another; a word is a broken connection. */
function clientOf(answers: (Response | string)[]) {
  const told: string[] = [];
  const client = openClient({
    url: "http://example.test",
    fetch: async () => {
      const answer = answers.shift() ?? assert.fail("asked once too often");
      if (typeof answer === "string") throw new TypeError(answer);
      return answer;
    },
  });
  const connection = { lost: () => told.push("lost"), back: () => told.push("back") };
  return { client: patientClient(client, connection), told };
}

const settings = () =>
  Response.json({
    session_ttl_seconds: 3600,
    history_max_messages: 20,
    history_max_tokens: null,
    model: "demo",
    language: "en",
  });
const fails = (status: number) => new Response("", { status });

test("what does no harm twice is asked again until the server is back", async () => {
  const { client, told } = clientOf(["reset", fails(503), settings()]);
  assert.equal((await client.settings()).model, "demo");
  assert.deepEqual(told, ["lost", "back"]);
});

test("a refusal is no reason to ask again", async () => {
  const { client, told } = clientOf([fails(403)]);
  await assert.rejects(client.settings(), ApiError);
  assert.deepEqual(told, []);
});

test("what would happen twice is asked once", async () => {
  const memory = clientOf(["reset"]);
  await assert.rejects(memory.client.createMemory({ user_id: "u", text: "x" }), UnreachableError);
  const run = clientOf(["reset"]);
  await assert.rejects(run.client.createRun("ses_1", { input: "x" }), UnreachableError);
});
