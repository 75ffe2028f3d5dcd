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
    const response = await fetch(url + path, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    const answer = (await response.json()) as { id: string };
    if (!response.ok) throw new Error(JSON.stringify(answer));
    return answer;
  };
  const { id: sessionId } = await post("/v1/sessions", { user_id: name });
  return {
    sessionId,
    async turn(input = "What is 3 times 4?") {
      const since = performance.now();
      const run = await post(`/v1/sessions/${sessionId}/runs`, { input });
      await untilEnd(`${url}/v1/runs/${run.id}/events`);
      return performance.now() - since;
    },
    async submit(input = "What is 3 times 4?") {
      const since = performance.now();
      await post(`/v1/sessions/${sessionId}/runs`, { input });
      return performance.now() - since;
    },
  };
}

async function untilEnd(url: string): Promise<void> {
  const response = await fetch(url);
  let text = "";
  for await (const chunk of response.body ?? []) text += Buffer.from(chunk).toString();
  if (!text.includes("event: run.completed"))
    throw new Error(`the run did not complete: ${text.slice(-500)}`);
}

export function quantile(values: number[], q: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? Number.NaN;
}
