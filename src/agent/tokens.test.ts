import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { Tiktoken } from "js-tiktoken/lite";
import o200k from "js-tiktoken/ranks/o200k_base";
import { countTokens } from "./tokens.ts";

const exact = new Tiktoken(o200k);
const samples = {
  english:
    "Could you please book me a quiet room near the station for next Tuesday? I usually prefer a high floor, and breakfast should be included if that's possible. Thanks a lot!",
  chinese:
    "人工智能亦称机器智能，指由人制造出来的机器所表现出来的智能。同时，通过医学、神经科学、机器人学及统计学等的进步，常态预测则认为人类的很多职业也逐渐被其取代。会议纪要：一、上季度销售额同比增长百分之十二；二、售后团队需要在两周内完成工单系统的迁移，期间旧系统保持只读。",
  "chinese with tools":
    '你会使用工具来帮助用户。准备调用 book_hotel 工具：参数为: {"hotel_name": "如家酒店"}，是否允许继续？成功预定了在如家酒店的住宿。',
  code: readFileSync(new URL("./tool.ts", import.meta.url), "utf8"),
  emoji: "Great 😀👍🏽 see you there 🎉🎉 👨‍👩‍👧 ok ❤️, the party starts at eight",
};

for (const [kind, text] of Object.entries(samples)) {
  test(`countTokens estimates ${kind} within 15 % of o200k_base`, () => {
    const real = exact.encode(text).length;
    const estimated = countTokens(text, "ollama:qwen3");
    assert.ok(Math.abs(estimated / real - 1) <= 0.15, `${estimated} estimated, ${real} counted`);
  });

  test(`countTokens counts ${kind} exactly for OpenAI's models`, () => {
    for (const model of ["openai:gpt-5-mini", "gateway:gpt-4o", "openai:o3"])
      assert.equal(countTokens(text, model), exact.encode(text).length);
  });
}

test("countTokens counts nothing for an empty text", () => {
  assert.equal(countTokens("", "demo"), 0);
  assert.equal(countTokens("", "openai:gpt-5-mini"), 0);
});

test("countTokens takes words that look like control tokens for text", () => {
  assert.ok(countTokens("<|endoftext|>", "openai:gpt-5-mini") > 1);
});

test("countTokens estimates what the encoder would take minutes for", () => {
  assert.ok(countTokens("中".repeat(200_000), "openai:gpt-5-mini") > 100_000);
  assert.ok(countTokens("word ".repeat(200_000), "openai:gpt-5-mini") > 190_000);
});
