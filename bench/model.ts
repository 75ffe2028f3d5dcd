import { startOpenAiStandIn } from "#tests/support/openai-stand-in.ts";

/** A model that answers at once: one call of a free tool, then an answer. Its own process, so that it costs the service nothing. */
const standIn = await startOpenAiStandIn(({ messages }) => {
  const last = messages.at(-1);
  return last?.role === "tool"
    ? { text: `The product is in: ${last.text}` }
    : { toolCalls: [{ name: "multiply", args: { a: 3, b: 4 } }] };
});
process.send?.({ url: standIn.url });
process.on("disconnect", () => process.exit(0));
