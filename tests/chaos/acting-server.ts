import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { Server } from "@modelcontextprotocol/sdk/server/index.js";
import { StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js";
import { CallToolRequestSchema, ListToolsRequestSchema } from "@modelcontextprotocol/sdk/types.js";

/** A call that took effect. `key` is the idempotency key that came with it: one per call of the model. */
export type Act = { key: string; text: string; step: number };

/**
 * An MCP server with one tool, `act {text, step}`, which takes effect when it is called, whoever dies meanwhile, and
 * answers after a while. It keeps no session, so a worker that was started again is served like any other.
 */
export type ActingServer = { url: string; acts: Act[]; texts(): string[] } & AsyncDisposable;

const ACT = {
  name: "act",
  description: "Does something that can be seen from outside.",
  inputSchema: {
    type: "object",
    properties: { text: { type: "string" }, step: { type: "integer" } },
    required: ["text", "step"],
  },
};

export async function startActingServer(takesMs: () => number): Promise<ActingServer> {
  const acts: Act[] = [];

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.method !== "POST") return void response.writeHead(405).end();
    const server = new Server(
      { name: "acting", version: "1.0.0" },
      { capabilities: { tools: {} } },
    );
    server.setRequestHandler(ListToolsRequestSchema, () => ({ tools: [ACT] }) as { tools: never });
    server.setRequestHandler(CallToolRequestSchema, async ({ params }) => {
      const { text, step } = params.arguments as { text: string; step: number };
      acts.push({ key: String(params._meta?.idempotencyKey), text, step });
      await sleep(takesMs());
      return { content: [{ type: "text", text: `did ${text} ${step}` }] };
    });
    const transport = new StreamableHTTPServerTransport({ enableJsonResponse: true });
    response.on("close", () => void server.close());
    await server.connect(transport as Parameters<Server["connect"]>[0]);
    await transport.handleRequest(request, response);
  }

  const http = createServer((request, response) => {
    serve(request, response).catch(() => response.destroy());
  });
  http.listen(0, "127.0.0.1");
  await once(http, "listening");
  return {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}/mcp`,
    acts,
    texts: () => acts.map(({ text, step }) => `${text} ${step}`),
    async [Symbol.asyncDispose]() {
      http.closeAllConnections();
      http.close();
      await once(http, "close");
    },
  };
}
