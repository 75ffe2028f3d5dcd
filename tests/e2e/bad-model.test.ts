import assert from "node:assert/strict";
import { after, before, suite, test } from "node:test";
import { type Client, openClient } from "#src/client/client.ts";
import { acceptanceScript } from "#tests/support/acceptance-script.ts";
import { testDatabase } from "#tests/support/database.ts";
import type { ModelReply, ModelRequest } from "#tests/support/model-script.ts";
import { startOllamaStandIn } from "#tests/support/ollama-stand-in.ts";
import { startOpenAiStandIn } from "#tests/support/openai-stand-in.ts";
import { startWorker, type WorkerProcess } from "#tests/support/process.ts";
import { until } from "#tests/support/until.ts";

const DEEP = `{"hotel_name":${"[".repeat(100_000)}${"]".repeat(100_000)}}`;
const KEY = "sk-a-key-that-nobody-may-see";
const SECONDS = 1.5;
const STORY = "从前有座山，山里有座庙，庙里有个老和尚，他在给小和尚讲故事。";

/**
 * What a model may do that it should not, in the first `times` (default: all) of its replies in a run, and how the
 * run ends: failed, or completed since the model was told or asked again. `words` are those of the error or answer.
 */
type Fault = {
  reply: ModelReply | ((request: ModelRequest) => ModelReply);
  times?: number;
  ends: "completed" | "failed";
  words: RegExp;
};

const book = (args: object | string) => ({ toolCalls: [{ name: "book_hotel", args }] });

/** What both vendors' protocols can carry. */
const faults: Record<string, Fault> = {
  "a tool that there is not": {
    reply: { toolCalls: [{ name: "rm_rf", args: {} }] },
    times: 1,
    ends: "completed",
    words: /rm_rf.*book_hotel/s,
  },
  "a tool without a name": {
    reply: { toolCalls: [{ name: "", args: {} }] },
    times: 1,
    ends: "completed",
    words: /./,
  },
  "a tool whose name holds NUL and a lone surrogate": {
    reply: { toolCalls: [{ name: "a\u0000b\ud800", args: {} }] },
    times: 1,
    ends: "completed",
    words: /a\u2400b\ufffd/,
  },
  "arguments of another type": {
    reply: book({ hotel_name: 7 }),
    times: 1,
    ends: "completed",
    words: /hotel_name.*string/s,
  },
  "no arguments": { reply: book({}), times: 1, ends: "completed", words: /hotel_name/ },
  "arguments too many": {
    reply: book({ hotel_name: "x", stars: 5 }),
    times: 1,
    ends: "completed",
    words: /stars/,
  },
  "the same wrong call for ever": {
    reply: book({ hotel_name: 7 }),
    ends: "failed",
    words: /12.*MAX_STEPS/,
  },
  "nothing at all, once": { reply: {}, times: 1, ends: "completed", words: /收到/ },
  "nothing at all, always": { reply: {}, ends: "failed", words: /answered nothing/ },
  "a text with NUL and a lone surrogate": {
    reply: { text: "a\u0000b\ud800c" },
    ends: "completed",
    words: /^a\u2400b\ufffdc$/,
  },
  "500, always": { reply: { status: 500 }, ends: "failed", words: /failed with 500/ },
  "500, once": { reply: { status: 500 }, times: 1, ends: "completed", words: /收到/ },
  "429, then an answer": {
    reply: { status: 429, headers: { "retry-after": "1" } },
    times: 1,
    ends: "completed",
    words: /收到/,
  },
  "429, always": { reply: { status: 429 }, ends: "failed", words: /rate limited \(429\)/ },
  "404": { reply: { status: 404 }, ends: "failed", words: /does not know the model/ },
  "a stream that is cut, once": {
    reply: { text: STORY, cutAfterChunks: 2 },
    times: 1,
    ends: "completed",
    words: /^收到/,
  },
  "a stream that is cut, always": {
    reply: { text: STORY, cutAfterChunks: 2 },
    ends: "failed",
    words: /can't be reached|broke off/,
  },
  "a stream that ends in the middle": {
    reply: { text: STORY, cutAfterChunks: 2, cutBy: "end" },
    ends: "failed",
    words: /broke off|can't be reached|failed/,
  },
  silence: { reply: { delayMs: 60_000 }, ends: "failed", words: /said nothing for 1.5 s/ },
};

/** What only OpenAI's protocol can carry: arguments are a text there, and calls have ids. */
const openAiFaults: Record<string, Fault> = {
  "401": { reply: { status: 401 }, ends: "failed", words: /check OPENAI_API_KEY/ },
  "an error that quotes the key": {
    reply: { status: 400, body: { error: { message: `Your key ${KEY} is bad`, code: "x" } } },
    ends: "failed",
    words: /failed with 400/,
  },
  "arguments that end in the middle": {
    reply: book('{"hotel_name": "如家'),
    times: 1,
    ends: "completed",
    words: /book_hotel were not a valid JSON object/,
  },
  "arguments that are no JSON": {
    reply: book("hotel: 如家"),
    times: 1,
    ends: "completed",
    words: /book_hotel were not a valid JSON object/,
  },
  "arguments that are no object": {
    reply: {
      toolCalls: ["[1]", '"如家"', "7", "null", "true", ""].map((args) => ({
        name: "book_hotel",
        args,
      })),
    },
    times: 1,
    ends: "completed",
    words: /book_hotel/,
  },
  "arguments of a hundred thousand levels": {
    reply: book(DEEP),
    times: 1,
    ends: "completed",
    words: /book_hotel were not a valid JSON object/,
  },
  "two calls with the same id, and one without": {
    reply: {
      toolCalls: [
        { name: "multiply", args: { a: 2, b: 3 }, id: "same" },
        { name: "multiply", args: { a: 4, b: 5 }, id: "same" },
        { name: "multiply", args: { a: 6, b: 7 }, id: "" },
      ],
    },
    times: 1,
    ends: "completed",
    words: /2乘以3等于6。\n4乘以5等于20。\n6乘以7等于42。/,
  },
};

const opened = new AsyncDisposableStack();
/** How often the model was asked in the run whose human said this. */
const asked = new Map<string, number>();
let main: WorkerProcess;
let client: Client;

before(async () => {
  const database = opened.use(await testDatabase());
  const openAi = opened.use(await startOpenAiStandIn(script));
  const ollama = opened.use(await startOllamaStandIn(script));
  main = opened.use(
    await startWorker("main", {
      DATABASE_URL: database.url,
      LANGUAGE: "en",
      MODEL: "openai:any",
      OPENAI_BASE_URL: openAi.url,
      OPENAI_API_KEY: KEY,
      OLLAMA_BASE_URL: ollama.url,
      MODEL_TIMEOUT_SECONDS: String(SECONDS),
      MAX_STEPS: "12",
    }),
  );
  client = openClient({ url: main.url });
});
after(() => opened.disposeAsync());

/** The fault whose name the human said, so many times; what the model is told of it, it says again. */
function script(request: ModelRequest): ModelReply {
  const said = request.messages.findLast(({ role }) => role === "user")?.text ?? "";
  const fault = { ...faults, ...openAiFaults }[said.replace(/^\w+: /, "")];
  if (!fault) return acceptanceScript(request);
  const times = (asked.get(said) ?? 0) + 1;
  asked.set(said, times);
  if (times > (fault.times ?? Number.POSITIVE_INFINITY)) return acceptanceScript(request);
  return typeof fault.reply === "function" ? fault.reply(request) : fault.reply;
}

function meets(vendor: string, name: string, fault: Fault): void {
  test(`${vendor} answers with ${name}`, async () => {
    const session = await client.createSession({ user_id: name });
    await client.patchSession(session.id, { settings: { model: `${vendor}:any` } });
    const { id } = await client.createRun(session.id, { input: `${vendor}: ${name}` });
    const run = await until(
      "the run ends",
      async () => {
        const run = await client.run(id);
        return run.finished_at !== null && run;
      },
      30_000,
    );
    const words = run.error?.message ?? run.answer ?? "";
    assert.equal(run.status, fault.ends, words);
    assert.match(words, fault.words);
    assert.doesNotMatch(words, new RegExp(KEY));
    assert.notEqual(run.error?.code, "internal");

    const { id: next } = await client.createRun(session.id, { input: "3乘以4" });
    const { answer } = await until("the session goes on", async () => {
      const run = await client.run(next);
      return run.status === "completed" && run;
    });
    assert.equal(answer, "3乘以4等于12。");
  });
}

suite("A run ends in words that people understand, and its session goes on, when", {
  concurrency: 8,
}, () => {
  for (const [name, fault] of Object.entries(faults)) {
    meets("openai", name, fault);
    meets("ollama", name, fault);
  }
  for (const [name, fault] of Object.entries(openAiFaults)) meets("openai", name, fault);
});

test("the key is in nothing that was logged", () => {
  assert.ok(!main.output().includes(KEY));
});
