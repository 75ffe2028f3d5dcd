import assert from "node:assert/strict";
import { createServer } from "node:net";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { AIMessage, HumanMessage, ToolMessage } from "@langchain/core/messages";
import { tool } from "@langchain/core/tools";
import { createAgent, createMiddleware } from "langchain";
import { z } from "zod";
import { eventually } from "#tests/support/eventually.ts";
import type { ModelReply, ModelScript } from "#tests/support/model-script.ts";
import { startOllamaStandIn } from "#tests/support/ollama-stand-in.ts";
import { startOpenAiStandIn } from "#tests/support/openai-stand-in.ts";
import { LeaseLostError, ModelError } from "../../errors.ts";
import { callWithFallback } from "./call-models.ts";
import { DemoModel } from "./demo/demo-model.ts";
import type { NamedModel } from "./named-model.ts";
import { ollamaModel } from "./ollama.ts";
import { openAiModel } from "./openai.ts";

const KEY = "sk-secret-0123456789";
const multiply = tool(({ a, b }) => `${a}乘以${b}等于${a * b}。`, {
  name: "multiply",
  schema: z.object({ a: z.number(), b: z.number() }),
});

const vendors = {
  ChatOpenAI: {
    start: startOpenAiStandIn,
    open: (address: string, name = "openai:gpt-5-mini") =>
      openAiModel({
        name,
        model: "gpt-5-mini",
        address,
        key: KEY,
        keyName: "OPENAI_API_KEY",
        timeoutMs: 60_000,
      }),
  },
  ChatOllama: {
    start: startOllamaStandIn,
    open: (address: string, name = "ollama:qwen3") =>
      ollamaModel({ name, model: "qwen3", address }),
  },
};
type Failures = [name: string, code: string, next: string][];

/** Streams an answer the way the agent does, with what `onFailure` was told. */
async function ask(
  models: NamedModel[],
  options: { timeoutMs?: number; retries?: number; signal?: AbortSignal } = {},
): Promise<{ text: string; failures: Failures; error?: ModelError }> {
  const failures: Failures = [];
  const call = async ({ model }: NamedModel, signal: AbortSignal, alive: () => void) => {
    let text = "";
    for await (const chunk of await model.stream("hello", { signal })) {
      alive();
      text += chunk.text;
    }
    return text;
  };
  try {
    const text = await callWithFallback(models, call, {
      timeoutMs: 60_000,
      ...options,
      onFailure: (name, error, next) => failures.push([name, error.code, next]),
    });
    return { text, failures };
  } catch (error) {
    if (!(error instanceof ModelError)) throw error;
    assert.doesNotMatch(`${error.stack} ${String((error.cause as Error)?.stack)}`, /sk-secret/);
    return { text: "", failures, error };
  }
}

/** Answers with each reply once, in order, and goes on with the last. */
function inOrder(...replies: ModelReply[]): ModelScript {
  let next = 0;
  return () => replies[Math.min(next++, replies.length - 1)] as ModelReply;
}

for (const [vendor, { start, open }] of Object.entries(vendors)) {
  const name = vendor === "ChatOpenAI" ? "openai:gpt-5-mini" : "ollama:qwen3";

  test(`callWithFallback tries ${vendor} again after 500`, async () => {
    await using standIn = await start(inOrder({ status: 500 }, { text: "well again" }));
    const { text, failures } = await ask([open(standIn.url)]);
    assert.equal(text, "well again");
    assert.deepEqual(failures, [[name, "model_failed", "retry"]]);
  });

  test(`callWithFallback asks ${vendor} again after the wait that a 429 asks for`, async () => {
    const limited = { status: 429, headers: { "retry-after-ms": "350" } };
    await using standIn = await start(inOrder(limited, { text: "at last" }));
    const { text, failures } = await ask([open(standIn.url)]);
    assert.equal(text, "at last");
    assert.deepEqual(failures, [[name, "model_rate_limited", "retry"]]);
  });

  test(`callWithFallback does not wait an hour for ${vendor}`, async () => {
    const limited = { status: 429, headers: { "retry-after": "3600" } };
    await using standIn = await start(inOrder(limited));
    const { error, failures } = await ask([open(standIn.url)]);
    assert.match(error?.message ?? "", new RegExp(`${name} is rate limited`));
    assert.deepEqual(failures, [[name, "model_rate_limited", "give up"]]);
  });

  for (const cutBy of ["reset", "end"] as const)
    test(`callWithFallback asks ${vendor} again when its stream is cut by ${cutBy}`, async () => {
      const cut = { text: "this answer never comes to its end", cutAfterChunks: 2, cutBy };
      await using standIn = await start(inOrder(cut, { text: "the whole answer" }));
      const { text, failures } = await ask([open(standIn.url)]);
      assert.equal(text, "the whole answer");
      assert.deepEqual(failures, [[name, "model_unreachable", "retry"]]);
    });

  test(`callWithFallback leaves a silent ${vendor} to the next model`, async () => {
    await using silent = await start(() => new Promise<ModelReply>(() => {}));
    await using second = await startOpenAiStandIn(() => ({ text: "from the second" }));
    const models = [open(silent.url), vendors.ChatOpenAI.open(second.url, "openai:second")];
    const { text, failures } = await ask(models, { timeoutMs: 500 });
    assert.equal(text, "from the second");
    assert.deepEqual(failures, [[name, "model_timeout", "fallback"]]);
  });

  test(`callWithFallback ends a call of ${vendor} at once when it is stopped, and no other call`, async () => {
    const stop = new AbortController();
    const reason = new Error("stopped by a person");
    const other = Promise.withResolvers<ModelReply>();
    await using standIn = await start(() => other.promise);
    const model = open(standIn.url);
    const stopped = ask([model], { signal: stop.signal });
    const going = ask([model]);
    await eventually("both requests came in", () => standIn.requests.length === 2);
    stop.abort(reason);
    await assert.rejects(stopped, (error) => error === reason);
    await eventually("the request is given up", () => standIn.abandoned === 1);
    other.resolve({ text: "still here" });
    assert.equal((await going).text, "still here");
  });

  test(`callWithFallback says where ${vendor} could not be reached`, async () => {
    const address = `http://127.0.0.1:${await closedPort()}/v1`;
    const { error, failures } = await ask([open(address)], { retries: 1 });
    assert.equal(error?.code, "model_unreachable");
    assert.match(error?.message ?? "", new RegExp(`${name} can't be reached at ${address}`));
    assert.deepEqual(
      failures.map(([, , next]) => next),
      ["retry", "give up"],
    );
  });

  test(`callWithFallback says which model ${vendor} does not know`, async () => {
    await using standIn = await start(inOrder({ status: 404 }));
    const { error } = await ask([open(standIn.url)]);
    assert.equal(error?.code, "model_unknown");
    assert.match(error?.message ?? "", new RegExp(name));
    assert.equal(standIn.requests.length, 1);
  });

  test(`${vendor} carries calls and their results through the agent, several in one message`, async () => {
    await using standIn = await start(({ messages }) => {
      if (messages.at(-1)?.role === "tool") return { text: messages.at(-1)?.text ?? "" };
      const args = [
        { a: 3, b: 4 },
        { a: 5, b: 6 },
      ];
      return {
        text: "let me see",
        toolCalls: args.map((one) => ({ name: "multiply", args: one })),
      };
    });
    const agent = createAgent({ model: open(standIn.url).model, tools: [multiply] });
    const stream = await agent.stream(
      { messages: [new HumanMessage("3乘以4，5乘以6")] },
      { streamMode: ["messages", "values"] },
    );
    let messages: unknown[] = [];
    for await (const [mode, state] of stream) if (mode === "values") messages = state.messages;
    const asked = messages.find(AIMessage.isInstance);
    assert.deepEqual(
      asked?.tool_calls?.map(({ args }) => args),
      [
        { a: 3, b: 4 },
        { a: 5, b: 6 },
      ],
    );
    assert.equal(new Set(asked?.tool_calls?.map(({ id }) => id)).size, 2);
    assert.deepEqual(
      messages.filter(ToolMessage.isInstance).map(({ text }) => text),
      ["3乘以4等于12。", "5乘以6等于30。"],
    );
    assert.equal((messages.at(-1) as AIMessage).text, "5乘以6等于30。");
  });
}

test("callWithFallback names the variable that holds a wrong key, and not the key", async () => {
  const body = {
    error: { message: `Incorrect API key provided: ${KEY}`, code: "invalid_api_key" },
  };
  await using standIn = await startOpenAiStandIn(inOrder({ status: 401, body }));
  const { error, failures } = await ask([vendors.ChatOpenAI.open(standIn.url)]);
  assert.equal(error?.code, "model_key");
  assert.match(error?.message ?? "", /check OPENAI_API_KEY/);
  assert.deepEqual(failures, [["openai:gpt-5-mini", "model_key", "give up"]]);
  assert.equal(standIn.requests.length, 1);
});

test("callWithFallback passes on a server's words without the key in them", async () => {
  const body = { error: { message: `No route for ${KEY}` } };
  await using standIn = await startOpenAiStandIn(inOrder({ status: 400, body }));
  const { error } = await ask([vendors.ChatOpenAI.open(standIn.url)]);
  assert.match(error?.message ?? "", /failed with 400: .*No route for …/);
});

test("callWithFallback shows no credentials of an address and no secret header", async () => {
  const headers = { "x-gateway-key": "sk-secret-header" };
  const body = { error: { message: "sk-secret-header may not do this" } };
  await using standIn = await startOpenAiStandIn(inOrder({ status: 400, body }));
  const { host } = new URL(standIn.url);
  const named = { name: "corp:one", model: "one", key: KEY, keyName: "gateways.corp.api_key" };
  const open = (address: string) => openAiModel({ ...named, address, headers, timeoutMs: 60_000 });
  const refused = await ask([open(standIn.url)]);
  assert.match(refused.error?.message ?? "", /corp:one failed with 400: .*… may not do this/);
  const unreached = await ask([open(`http://user:sk-secret-password@${host}/v1`)], { retries: 0 });
  assert.match(unreached.error?.message ?? "", new RegExp(`http://${host}/v1`));
});

test("callWithFallback does not ask an account without credit again", async () => {
  const body = { error: { message: "You exceeded your quota", code: "insufficient_quota" } };
  await using standIn = await startOpenAiStandIn(inOrder({ status: 429, body }));
  const { error } = await ask([vendors.ChatOpenAI.open(standIn.url)]);
  assert.match(error?.message ?? "", /has no credit left/);
  assert.equal(standIn.requests.length, 1);
});

test("callWithFallback goes through the models in order and rejects with the last one's error", async () => {
  await using first = await startOpenAiStandIn(inOrder({ status: 401 }));
  await using second = await startOllamaStandIn(inOrder({ status: 500 }));
  await using third = await startOpenAiStandIn(inOrder({ status: 503 }));
  const models = [
    vendors.ChatOpenAI.open(first.url, "first"),
    vendors.ChatOllama.open(second.url, "second"),
    vendors.ChatOpenAI.open(third.url, "third"),
  ];
  const { error, failures } = await ask(models, { retries: 1 });
  assert.match(error?.message ?? "", /^third failed with 503/);
  assert.deepEqual(failures, [
    ["first", "model_key", "fallback"],
    ["second", "model_failed", "retry"],
    ["second", "model_failed", "fallback"],
    ["third", "model_failed", "retry"],
    ["third", "model_failed", "give up"],
  ]);
});

test("callWithFallback asks again for an answer that was empty", async () => {
  let asked = 0;
  const text = await callWithFallback(
    [{ name: "any", model: vendors.ChatOllama.open("http://127.0.0.1:1").model }],
    async () => {
      if (++asked === 1) throw new ModelError("model_empty", "any answered nothing");
      return "something";
    },
    { timeoutMs: 60_000 },
  );
  assert.equal(text, "something");
});

test("callWithFallback lets a model talk longer than its timeout while it is alive", async () => {
  const model = vendors.ChatOllama.open("http://127.0.0.1:1");
  const text = await callWithFallback(
    [model],
    async (_, signal, alive) => {
      for (let chunk = 0; chunk < 25; chunk++) {
        await sleep(50);
        signal.throwIfAborted();
        alive();
      }
      return "a long answer";
    },
    { timeoutMs: 1_000 },
  );
  assert.equal(text, "a long answer");
});

test("callWithFallback ends the request of a silent model below an agent, which knows only the run's signal", async () => {
  await using silent = await startOllamaStandIn(() => new Promise<ModelReply>(() => {}));
  const run = new AbortController();
  const agent = createAgent({
    model: new DemoModel(),
    tools: [multiply],
    middleware: [fallback()],
  });
  const going = agent.invoke({ messages: [new HumanMessage("3乘以4")] }, { signal: run.signal });
  assert.equal((await going).messages.at(-1)?.text, "3乘以4等于12。");
  await eventually(
    "the silent request is given up",
    () => silent.abandoned === silent.requests.length,
  );

  function fallback() {
    const silentModel = vendors.ChatOllama.open(silent.url);
    const models = [silentModel, { name: "demo", model: new DemoModel() }];
    return createMiddleware({
      name: "Fallback",
      wrapModelCall: (request, handler) =>
        callWithFallback(models, async ({ model }) => handler({ ...request, model }), {
          timeoutMs: 300,
          signal: run.signal,
        }),
    });
  }
});

test("callWithFallback rejects with the very reason of an abort, also while it waits to try again", async () => {
  const stop = new AbortController();
  const reason = new Error("stopped");
  const limited = { status: 429, headers: { "retry-after": "15" } };
  await using standIn = await startOpenAiStandIn(inOrder(limited));
  const call = callWithFallback(
    [vendors.ChatOpenAI.open(standIn.url)],
    ({ model }, signal) => model.invoke("hello", { signal }),
    { timeoutMs: 60_000, signal: stop.signal, onFailure: () => stop.abort(reason) },
  );
  await assert.rejects(call, (error) => error === reason);
});

test("callWithFallback leaves errors that are not the model's as they are", async () => {
  const lost = new LeaseLostError("gone");
  const models = [
    vendors.ChatOpenAI.open("http://127.0.0.1:1"),
    vendors.ChatOllama.open("http://127.0.0.1:1"),
  ];
  let asked = 0;
  const call = callWithFallback(
    models,
    async () => {
      asked++;
      throw lost;
    },
    { timeoutMs: 60_000 },
  );
  await assert.rejects(call, (error) => error === lost);
  assert.equal(asked, 1);
});

test("ChatOpenAI hands over a call whose arguments are no JSON as an invalid one", async () => {
  const toolCalls = [{ name: "multiply", args: '{"a": 3, "b":', id: "call_0" }];
  await using standIn = await startOpenAiStandIn(() => ({ toolCalls }));
  const message = await vendors.ChatOpenAI.open(standIn.url).model.invoke("3乘以4");
  assert.deepEqual(message.tool_calls, []);
  assert.equal((message as AIMessage).invalid_tool_calls?.[0]?.args, '{"a": 3, "b":');
});

test("ChatOpenAI hands over reused call ids, and no reused message ids, so that nothing is overwritten", async () => {
  await using standIn = await startOpenAiStandIn(({ messages }) => {
    const results = messages.filter(({ role }) => role === "tool").length;
    if (results === 2) return { text: "done" };
    return { toolCalls: [{ name: "multiply", args: { a: results, b: 2 }, id: "call_0" }] };
  });
  const agent = createAgent({
    model: vendors.ChatOpenAI.open(standIn.url).model,
    tools: [multiply],
  });
  const { messages } = await agent.invoke({ messages: [new HumanMessage("twice")] });
  assert.deepEqual(
    messages.map((message) => message.type),
    ["human", "ai", "tool", "ai", "tool", "ai"],
  );
  const ids = messages.filter(AIMessage.isInstance).map(({ id }) => id);
  assert.equal(new Set(ids).size, 3);
  const calls = messages.filter(AIMessage.isInstance).flatMap(({ tool_calls = [] }) => tool_calls);
  assert.deepEqual(
    calls.map(({ id }) => id),
    ["call_0", "call_0"],
  );
});

async function closedPort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === "object" && address ? address.port : 0;
}
