import { tool as declareTool } from "@langchain/core/tools";
import type { BaseCheckpointSaver } from "@langchain/langgraph-checkpoint";
import { createAgent } from "langchain";
import { modelMiddleware } from "./model-middleware.ts";
import type { NamedModel } from "./models/open-models.ts";
import type { Tool } from "./tool.ts";
import { toolMiddleware } from "./tool-middleware.ts";

export type Agent = ReturnType<typeof buildAgent>;

/**
 * The ReAct graph for a set of tools. Built once and shared by all runs: what belongs to one run
 * (prompt, models, gate) comes in through `context`, and its thread through `configurable`.
 */
export function buildAgent(tools: Tool[], model: NamedModel, checkpointer: BaseCheckpointSaver) {
  return createAgent({
    model: model.model,
    tools: tools.map((tool) =>
      declareTool(
        () => {
          throw new Error(`${tool.name} was called past the approval middleware`);
        },
        { name: tool.name, description: tool.description, schema: tool.parameters },
      ),
    ),
    middleware: [modelMiddleware, toolMiddleware],
    checkpointer,
    version: "v2",
  });
}
