import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { parseArgs } from "node:util";
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { SSEServerTransport } from "@modelcontextprotocol/sdk/server/sse.js";
import { StdioServerTransport } from "@modelcontextprotocol/sdk/server/stdio.js";
import { StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js";
import { z } from "zod";

/**
 * A small MCP server with one tool, `maps_weather {city}`, as a program of its own:
 *
 *   node tests/support/weather-server.ts                          over stdio
 *   node tests/support/weather-server.ts --sse 0 --key secret     over SSE at /sse?key=secret
 *   node tests/support/weather-server.ts --http 3001              over streamable HTTP at /mcp
 *
 * With a port it listens on loopback and writes `listening on <url>` to stdout; port 0 takes a free one.
 */
const { values: flags } = parseArgs({
  options: { sse: { type: "string" }, http: { type: "string" }, key: { type: "string" } },
});

const weather: Record<string, string> = {
  上海: "晴，25°C",
  北京: "多云，18°C",
  London: "rain, 12°C",
};

function weatherServer(): McpServer {
  const server = new McpServer({ name: "weather", version: "1.0.0" });
  server.registerTool(
    "maps_weather",
    {
      description: "根据城市名称查询天气。The weather in a city, by its name.",
      inputSchema: { city: z.string().min(1).describe("城市名称 / name of the city") },
      annotations: { readOnlyHint: true },
    },
    ({ city }) => ({
      content: [{ type: "text", text: `${city}：${weather[city] ?? "晴，20°C"}` }],
    }),
  );
  return server;
}

const streams = new Map<string, SSEServerTransport>();
const sessions = new Map<string, StreamableHTTPServerTransport>();

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? "/", "http://weather");
  const session = url.searchParams.get("sessionId") ?? "";
  if (flags.key !== undefined && url.searchParams.get("key") !== flags.key && !session)
    response.writeHead(403).end("wrong key");
  else if (url.pathname === "/sse" && request.method === "GET") {
    const transport = new SSEServerTransport("/messages", response);
    streams.set(transport.sessionId, transport);
    response.on("close", () => streams.delete(transport.sessionId));
    await weatherServer().connect(transport);
  } else if (url.pathname === "/messages" && streams.has(session))
    await streams.get(session)?.handlePostMessage(request, response);
  else if (url.pathname === "/mcp") await answerHttp(request, response);
  else response.writeHead(404).end("no such session");
}

async function answerHttp(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const known = request.headers["mcp-session-id"];
  let transport = sessions.get(String(known));
  if (known !== undefined && !transport) return void response.writeHead(404).end("no such session");
  if (!transport) {
    const made = new StreamableHTTPServerTransport({
      sessionIdGenerator: randomUUID,
      onsessioninitialized: (id) => void sessions.set(id, made),
      onsessionclosed: (id) => void sessions.delete(id),
    });
    transport = made;
    await weatherServer().connect(made as Parameters<McpServer["connect"]>[0]);
  }
  await transport.handleRequest(request, response);
}

const port = flags.sse ?? flags.http;
if (port === undefined) await weatherServer().connect(new StdioServerTransport());
else {
  const server = createServer((request, response) => void answer(request, response));
  server.listen(Number(port), "127.0.0.1", () => {
    const at = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    process.stdout.write(`listening on ${at}${flags.sse === undefined ? "/mcp" : "/sse"}\n`);
  });
}
