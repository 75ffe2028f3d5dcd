import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { Server } from "@modelcontextprotocol/sdk/server/index.js";
import { StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js";
import {
  CallToolRequestSchema,
  type CallToolResult,
  ListToolsRequestSchema,
} from "@modelcontextprotocol/sdk/types.js";

/** A call as the scripted server got it. */
export type ScriptedCall = {
  name: string;
  args: Record<string, unknown>;
  meta: Record<string, unknown>;
  /** Aborts when the client sends a cancellation. */
  signal: AbortSignal;
};

export type ScriptedMcp = {
  url: string;
  /** Every HTTP request that came in, as `METHOD /path`. */
  requests: string[];
  /** Lists these from now on, and says so. */
  setTools(tools: unknown[]): Promise<void>;
} & AsyncDisposable;

/** An MCP server over streamable HTTP on loopback that lists whatever it is told to, well formed or not. */
export async function startScriptedMcp(
  tools: unknown[],
  answer: (call: ScriptedCall) => CallToolResult | Promise<CallToolResult> = () => ({
    content: [],
  }),
): Promise<ScriptedMcp> {
  let listed = tools;
  const server = new Server(
    { name: "scripted", version: "1.0.0" },
    { capabilities: { tools: { listChanged: true } } },
  );
  server.setRequestHandler(ListToolsRequestSchema, () => ({ tools: listed }) as { tools: never });
  server.setRequestHandler(CallToolRequestSchema, ({ params }, { signal }) =>
    answer({ name: params.name, args: params.arguments ?? {}, meta: params._meta ?? {}, signal }),
  );
  const transport = new StreamableHTTPServerTransport({ sessionIdGenerator: () => "session" });
  await server.connect(transport as Parameters<Server["connect"]>[0]);
  const http = await listenOnLoopback((request, response) => {
    void transport.handleRequest(request, response);
  });
  return {
    ...http,
    url: `${http.origin}/mcp`,
    async setTools(next) {
      listed = next;
      await server.sendToolListChanged();
    },
  };
}

/** An HTTP server on a free port of a loopback address. */
export async function listenOnLoopback(
  listener: RequestListener,
  { host = "127.0.0.1", port = 0 } = {},
): Promise<{ origin: string; port: number; requests: string[] } & AsyncDisposable> {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    requests.push(`${request.method} ${request.url}`);
    listener(request, response);
  });
  server.listen(port, host);
  await once(server, "listening");
  const bound = (server.address() as AddressInfo).port;
  return {
    origin: `http://${host}:${bound}`,
    port: bound,
    requests,
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}
