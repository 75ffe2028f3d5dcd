import http from "node:http";

/** Kept open, and as cheap as it can be had: the load shares two cores with what it measures. */
const agent = new http.Agent({ keepAlive: true });

/** One user of `/v1`: a session, and turns on it. */
export type User = {
  sessionId: string;
  /** Ms from the submit to the row that ends the run. */
  turn(input?: string): Promise<number>;
  /** Ms until the submit is answered; the run is not waited for. */
  submit(input?: string): Promise<number>;
};

export async function openUser(url: string, name: string): Promise<User> {
  const post = async (path: string, body: unknown) => {
    const answer = await send(url + path, body);
    return JSON.parse(answer) as { id: string };
  };
  const { id: sessionId } = await post("/v1/sessions", { user_id: name });
  const runs = `/v1/sessions/${sessionId}/runs`;
  return {
    sessionId,
    async turn(input = "What is 3 times 4?") {
      const since = performance.now();
      const run = await post(runs, { input });
      const events = await send(`${url}/v1/runs/${run.id}/events`);
      if (!events.includes("event: run.completed"))
        throw new Error(`the run did not complete: ${events.slice(-500)}`);
      return performance.now() - since;
    },
    async submit(input = "What is 3 times 4?") {
      const since = performance.now();
      await post(runs, { input });
      return performance.now() - since;
    },
  };
}

function send(url: string, body?: unknown): Promise<string> {
  return new Promise((resolve, reject) => {
    const request = http.request(url, {
      agent,
      method: body === undefined ? "GET" : "POST",
      ...(body !== undefined && { headers: { "content-type": "application/json" } }),
    });
    request.once("error", reject);
    request.once("response", (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => {
        text += chunk;
      });
      response.once("error", reject);
      response.once("end", () => {
        const ok = (response.statusCode ?? 500) < 300;
        ok ? resolve(text) : reject(new Error(`${response.statusCode} ${text}`));
      });
    });
    request.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

export function quantile(values: number[], q: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? Number.NaN;
}
