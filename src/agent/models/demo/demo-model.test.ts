import assert from "node:assert/strict";
import { test } from "node:test";
import {
  AIMessage,
  type BaseMessage,
  HumanMessage,
  SystemMessage,
  ToolMessage,
} from "@langchain/core/messages";
import { tool } from "@langchain/core/tools";
import { createAgent } from "langchain";
import { z } from "zod";
import { DemoModel } from "./demo-model.ts";

const tools = [
  tool(({ hotel_name }) => `成功预定了在${hotel_name}的住宿。`, {
    name: "book_hotel",
    schema: z.object({ hotel_name: z.string() }),
  }),
  tool(({ a, b }) => `${a}乘以${b}等于${a * b}。`, {
    name: "multiply",
    schema: z.object({ a: z.number(), b: z.number() }),
  }),
  tool(({ text, kind }) => `remembered: ${text} (${kind})`, {
    name: "remember",
    schema: z.object({ text: z.string(), kind: z.string() }),
  }),
  tool(() => "- I like high floors", {
    name: "recall",
    schema: z.object({ query: z.string() }),
  }),
  tool(({ city }) => `${city}：晴`, {
    name: "maps_weather",
    schema: z.object({ units: z.string().optional(), city: z.string() }),
  }),
];
const agent = createAgent({ model: new DemoModel(), tools });

/** The whole conversation about `said`: calls as `tool {args}`, then the answer. */
async function converse(said: string, before: BaseMessage[] = []): Promise<string[]> {
  const messages = [...before, new HumanMessage(said)];
  const state = await agent.invoke({ messages }, { recursionLimit: 200 });
  return shown(state.messages.slice(messages.length));
}

/** What follows when the call that `said` leads to is answered with `content` instead of being run. */
async function answered(said: string, content: string): Promise<string[]> {
  const model = new DemoModel().bindTools(tools);
  const asked = await model.invoke([new HumanMessage(said)]);
  const results = (asked.tool_calls ?? []).map(
    ({ id = "", name }) => new ToolMessage({ content, name, tool_call_id: id }),
  );
  return shown([await model.invoke([new HumanMessage(said), asked, ...results])]);
}

function shown(messages: BaseMessage[]): string[] {
  return messages
    .filter(AIMessage.isInstance)
    .flatMap((message) => [
      ...(message.text ? [message.text] : []),
      ...(message.tool_calls ?? []).map(({ name, args }) => `${name} ${JSON.stringify(args)}`),
    ]);
}

const conversations: [said: string, ...replies: string[]][] = [
  ["调用工具预定如家酒店", 'book_hotel {"hotel_name":"如家酒店"}', "成功预定了在如家酒店的住宿。"],
  ["帮我预订和平饭店。", 'book_hotel {"hotel_name":"和平饭店"}', "成功预定了在和平饭店的住宿。"],
  [
    "预定如家酒店和桔子酒店",
    'book_hotel {"hotel_name":"如家酒店"}',
    'book_hotel {"hotel_name":"桔子酒店"}',
    "成功预定了在如家酒店的住宿。\n成功预定了在桔子酒店的住宿。",
  ],
  [
    "book the Grand hotel",
    'book_hotel {"hotel_name":"Grand hotel"}',
    "Booked a stay at Grand hotel.",
  ],
  [
    "Could you book the Grand hotel and the Ritz, please?",
    'book_hotel {"hotel_name":"Grand hotel"}',
    'book_hotel {"hotel_name":"Ritz"}',
    "Booked a stay at Grand hotel.\nBooked a stay at Ritz.",
  ],
  [
    'book "Bed and Breakfast"',
    'book_hotel {"hotel_name":"Bed and Breakfast"}',
    "Booked a stay at Bed and Breakfast.",
  ],
  [
    "预定如家酒店，再算3乘以4",
    'book_hotel {"hotel_name":"如家酒店"}',
    'multiply {"a":3,"b":4}',
    "成功预定了在如家酒店的住宿。\n3乘以4等于12。",
  ],
  ["book a hotel", "Which hotel? For example: book the Grand hotel."],
  ["3乘以4", 'multiply {"a":3,"b":4}', "3乘以4等于12。"],
  ["what is 2.5 times -4?", 'multiply {"a":2.5,"b":-4}', "2.5 times -4 is -10."],
  ["上海天气如何？", 'maps_weather {"city":"上海"}', "上海：晴"],
  ["what's the weather in New York today?", 'maps_weather {"city":"New York"}', "New York：晴"],
  [
    "记住我喜欢高层房间",
    'remember {"text":"我喜欢高层房间","kind":"preference"}',
    "remembered: 我喜欢高层房间 (preference)",
  ],
  [
    "Please remember that my name is Li.",
    'remember {"text":"my name is Li","kind":"fact"}',
    "remembered: my name is Li (fact)",
  ],
  ["what do you know about me?", 'recall {"query":""}', "- I like high floors"],
  ["你记得我什么？", 'recall {"query":""}', "- I like high floors"],
  ['call multiply {"a": 6, "b": 7}', 'multiply {"a":6,"b":7}', "6 times 7 is 42."],
];
for (const [said, ...replies] of conversations) {
  test(`DemoModel understands “${said}”`, async () => {
    assert.deepEqual(await converse(said), replies);
  });
}

const answers: [what: string, said: string, content: string, ...replies: string[]][] = [
  [
    "calls again with the name that a person gives",
    "调用工具预定汉庭酒店",
    "[answered] 把酒店名称换为：汉庭酒店(软件园店)，再调用工具预定",
    'book_hotel {"hotel_name":"汉庭酒店(软件园店)"}',
  ],
  [
    "calls again with the name that a person gives in English",
    "book the Ritz",
    "[answered] change the name to Grand hotel, then book again",
    'book_hotel {"hotel_name":"Grand hotel"}',
  ],
  [
    "does what a person asks for instead",
    "调用工具预定如家酒店",
    "[answered] 先算一下3乘以4",
    'multiply {"a":3,"b":4}',
  ],
  [
    "takes note of an answer that asks for nothing",
    "book the Ritz",
    "[answered] I have done it by phone",
    "Understood: I have done it by phone",
  ],
  [
    "tells that nothing was booked after a rejection",
    "调用工具预定桔子酒店",
    "[rejected] 该工具调用被人工拒绝，没有执行。除非用户要求，请不要再次尝试。 原因：太贵",
    "预定桔子酒店的请求被拒绝了，没有执行，没有预定任何酒店（太贵）。",
  ],
  [
    "tells that nothing was booked when nobody answered",
    "book the Ritz",
    "[expired] Nobody answered in time, so this call did not run.",
    "The booking of Ritz was not answered in time and did not run: nothing was booked.",
  ],
  [
    "tells of a withdrawn call",
    "book the Ritz",
    "[withdrawn] This call was withdrawn before anybody decided, so it did not run.",
    "The booking of Ritz was withdrawn and did not run: nothing was booked.",
  ],
  [
    "names the arguments that a person changed",
    "调用工具预定全季酒店",
    '[edited: {"hotel_name":"全季[}]酒店(软件园店)"}] 成功预定了在全季[}]酒店(软件园店)的住宿。',
    '成功预定了在全季[}]酒店(软件园店)的住宿。（参数已改为 {"hotel_name":"全季[}]酒店(软件园店)"}）',
  ],
  [
    "passes on an error",
    "what is 3 times 4",
    "[error] out of numbers",
    "The call of multiply failed (out of numbers).",
  ],
];
for (const [what, said, content, ...replies] of answers) {
  test(`DemoModel ${what}`, async () => {
    assert.deepEqual(await answered(said, content), replies);
  });
}

test("DemoModel walks many steps, one call after another", async () => {
  const steps = await converse("run 30 steps");
  assert.equal(steps.filter((step) => step.startsWith("multiply ")).length, 30);
  assert.equal(steps.at(-1), "All 30 steps done.");
});

test("DemoModel stops in the middle of a step when it is told to", async () => {
  const model = new DemoModel({ stepDelayMs: 60_000 }).bindTools(tools);
  const stop = new AbortController();
  const step = model.invoke([new HumanMessage("走30步")], { signal: stop.signal });
  stop.abort(new Error("stopped"));
  await assert.rejects(step);
});

test("DemoModel answers from the memories in its prompt", async () => {
  const prompt =
    "你会使用工具来帮助用户。\n\n关于该用户记住的内容：\n- 喜欢高层房间\n- 住在上海\n\n其他";
  assert.deepEqual(await converse("我喜欢什么？", [new SystemMessage(prompt)]), [
    "我记得：\n- 喜欢高层房间\n- 住在上海",
  ]);
});

test("DemoModel does not ask again for a call that waits", async () => {
  const note =
    'These tool calls wait for a human decision. Do not ask for them again:\n- book_hotel {"hotel_name":"Ritz"}';
  const before = [new SystemMessage(note)];
  assert.deepEqual(await converse("book the Ritz", before), [
    "That call already waits for a decision; I will not ask twice.",
  ]);
  assert.deepEqual(await converse("what is waiting?", before), [
    'Still waiting for a decision:\n- book_hotel {"hotel_name":"Ritz"}',
  ]);
});

test("DemoModel tells what was said before", async () => {
  const before = [
    new HumanMessage("预定如家酒店"),
    new AIMessage("好的"),
    new HumanMessage("谢谢"),
  ];
  assert.deepEqual(await converse("我刚才说了什么？", before), [
    "您之前说过：\n- 预定如家酒店\n- 谢谢",
  ]);
});

test("DemoModel says that it is no language model", async () => {
  assert.match((await converse("are you a real model?"))[0] ?? "", /not a language model/);
  assert.match((await converse("你是谁"))[0] ?? "", /不是语言模型/);
  assert.match(new DemoModel()._llmType(), /not-a-language-model/);
});

test("DemoModel offers help in the language of the person, for the tools that are bound", async () => {
  assert.match((await converse("你好"))[0] ?? "", /调用工具预定如家酒店/);
  assert.match((await converse("hello"))[0] ?? "", /book the Grand hotel/);
  const [alone] = shown([await new DemoModel().invoke([new HumanMessage("hello")])]);
  assert.doesNotMatch(alone ?? "", /book|multiply/);
});

test("DemoModel offers help to who sends it a megabyte", async () => {
  const [reply] = await converse("the weather in a for b in c at ".repeat(32_000));
  assert.match(reply ?? "", /not a language model/);
});

test("DemoModel calls only tools that are bound", async () => {
  for (const [said] of conversations) {
    const alone = await new DemoModel().invoke([new HumanMessage(said)]);
    assert.deepEqual(alone.tool_calls, [], said);
    assert.notEqual(alone.text, "", said);
  }
});

test("DemoModel streams text in small chunks and calls in pieces", async () => {
  const chunks = [];
  const stream = await agent.stream(
    { messages: [new HumanMessage("book the Grand hotel")] },
    { streamMode: "messages" },
  );
  for await (const [chunk] of stream) chunks.push(chunk);
  const pieces = chunks.flatMap((chunk) =>
    "tool_call_chunks" in chunk ? chunk.tool_call_chunks : [],
  );
  assert.ok(pieces.length > 1, "the call comes in one piece");
  const texts = chunks.filter((chunk) => chunk.type === "ai" && chunk.text !== "");
  assert.ok(texts.length > 1, "the text comes in one piece");
});

test("DemoModel gives every call an id of its own and the same prompt the same reply", async () => {
  const ids = new Set<string | undefined>();
  const replies = new Set<string>();
  for (let round = 0; round < 3; round++) {
    const reply = await new DemoModel()
      .bindTools(tools)
      .invoke([new HumanMessage("book the Grand hotel and the Ritz")]);
    for (const { id } of reply.tool_calls ?? []) ids.add(id);
    replies.add(JSON.stringify(shown([reply])));
  }
  assert.equal(ids.size, 6);
  assert.equal(replies.size, 1);
});
