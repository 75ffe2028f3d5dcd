import { type Agent, buildAgent } from "../agent/build-agent.ts";
import type { Tool } from "../agent/tool.ts";
import type { WorkerCore } from "./core.ts";

const built = new WeakMap<ReadonlyMap<string, Tool>, Promise<Agent>>();

/** The agent for the tools that there are now: built again when they changed, since a graph's tools are fixed. */
export function agentFor(core: WorkerCore): Promise<Agent> {
  const tools = core.tools();
  const known = built.get(tools);
  if (known !== undefined) return known;
  const agent = core.models(undefined).then((models) => {
    const [first] = models;
    if (!first) throw new Error("No model is configured");
    return buildAgent([...tools.values()], first, core.checkpointer);
  });
  built.set(tools, agent);
  return agent;
}
