/** An answer as it came: `body` is parsed JSON where it is JSON, else the text. */
export type Answer<T = Record<string, unknown>> = {
  status: number;
  type: string;
  body: T;
};

/** Sends JSON (or `raw` text as it is) to a service of ours and reads the answer, whatever its status. */
export async function send<T = Record<string, unknown>>(
  url: string,
  method: string,
  at: string,
  given: { json?: unknown; raw?: string | Uint8Array; headers?: Record<string, string> } = {},
): Promise<Answer<T>> {
  const body = given.json === undefined ? given.raw : JSON.stringify(given.json);
  const response = await fetch(url + at, {
    method,
    headers: {
      ...(body !== undefined && { "content-type": "application/json" }),
      ...given.headers,
    },
    ...(body !== undefined && { body: body as string }),
  });
  const text = await response.text();
  const type = response.headers.get("content-type") ?? "";
  return {
    status: response.status,
    type: type.split(";")[0] ?? "",
    body: (type.includes("json") ? JSON.parse(text) : text) as T,
  };
}
