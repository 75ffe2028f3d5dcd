import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { ModelReply, ModelRequest, ModelScript, ModelStandIn } from "./model-script.ts";

const KEPT = 1_000;

/** What differs between the vendors whose endpoints are played. */
export type Protocol = {
  /** Where its base URL ends, e.g. `/v1`. */
  base: string;
  chatPath: string;
  streamType: string;
  readRequest(body: unknown, headers: IncomingMessage["headers"]): ModelRequest;
  /** The pieces of a streamed reply, each as it is written. */
  chunks(reply: ModelReply, request: ModelRequest): string[];
  whole(reply: ModelReply, request: ModelRequest): unknown;
  error(status: number): unknown;
  /** Answers of GET, by path. */
  lists: Record<string, unknown>;
};

/** Serves a scripted model on a free loopback port (or `port`) until it is disposed of. */
export async function startStandIn(
  protocol: Protocol,
  script: ModelScript,
  port = 0,
): Promise<ModelStandIn> {
  const requests: ModelRequest[] = [];
  let abandoned = 0;
  const server = createServer((incoming, response) => {
    response.on("close", () => {
      if (!response.writableFinished) abandoned++;
    });
    answer(incoming, response).catch(() => response.destroy());
  });

  async function answer(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const list = protocol.lists[incoming.url ?? ""];
    if (incoming.method === "GET" && list) return sendJson(response, 200, list);
    if (incoming.url !== protocol.chatPath) return sendJson(response, 404, protocol.error(404));
    const request = protocol.readRequest(await readJson(incoming), incoming.headers);
    requests.push(request);
    if (requests.length > KEPT) requests.shift();
    const reply = await script(request);
    if (reply.delayMs) await sleep(reply.delayMs, undefined, { ref: false });
    const { status = 200, headers } = reply;
    if (status !== 200)
      return sendJson(response, status, reply.body ?? protocol.error(status), headers);
    if (!request.stream) return sendJson(response, 200, protocol.whole(reply, request), headers);
    response.writeHead(200, { "content-type": protocol.streamType, ...headers });
    await sendChunks(response, protocol.chunks(reply, request), reply);
  }

  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}${protocol.base}`,
    requests,
    get abandoned() {
      return abandoned;
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

async function sendChunks(
  response: ServerResponse,
  chunks: string[],
  { cutAfterChunks, cutBy = "reset", chunkDelayMs }: ModelReply,
): Promise<void> {
  if (chunkDelayMs !== undefined) {
    for (const chunk of chunks) {
      await sleep(chunkDelayMs);
      response.write(chunk);
    }
    response.end();
    return;
  }
  if (cutAfterChunks === undefined) {
    response.end(chunks.join(""));
    return;
  }
  const sent = chunks.slice(0, cutAfterChunks).join("");
  if (cutBy === "end") {
    response.end(sent);
    return;
  }
  await new Promise((resolve) => response.write(sent, resolve));
  response.socket?.resetAndDestroy();
}

function sendJson(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { "content-type": "application/json", ...headers });
  response.end(typeof body === "string" ? body : JSON.stringify(body));
}

async function readJson(incoming: IncomingMessage): Promise<unknown> {
  const parts: Buffer[] = [];
  for await (const part of incoming) parts.push(part);
  return JSON.parse(Buffer.concat(parts).toString("utf8"));
}

/** A text in pieces of a few characters, as models send it. */
export function pieces(text: string): string[] {
  return text.match(/[\s\S]{1,12}/gu) ?? [];
}
