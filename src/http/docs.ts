type Operation = {
  summary?: string;
  tags?: string[];
  parameters?: { name: string; in: string; required?: boolean }[];
  requestBody?: { content?: Record<string, { schema?: unknown }> };
  responses?: Record<
    string,
    { description?: string; content?: Record<string, { schema?: unknown }> }
  >;
};

/** A page that needs no script and no other host: every route with what it takes and answers. */
export function docsPage(document: { paths?: unknown }): string {
  const sections = Object.entries(
    (document.paths ?? {}) as Record<string, Record<string, Operation>>,
  ).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => section(method, path, operation)),
  );
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Countersign API</title>
<style>
  body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #1c1c1c; background: #fff }
  details { border: 1px solid #ddd; border-radius: 6px; margin: .4rem 0; padding: .4rem .8rem }
  summary { cursor: pointer; font-family: ui-monospace, monospace }
  b { display: inline-block; min-width: 4.5rem; text-transform: uppercase }
  pre { background: #f6f6f6; padding: .8rem; overflow: auto; border-radius: 4px; font-size: .85rem }
  @media (prefers-color-scheme: dark) { body { color: #eee; background: #161616 } details { border-color: #444 } pre { background: #222 } }
</style>
<h1>Countersign API</h1>
<p>The same as data: <a href="/openapi.json">/openapi.json</a>. Errors are <code>application/problem+json</code>.</p>
${sections.join("\n")}
</html>`;
}

function section(method: string, path: string, operation: Operation): string {
  const parameters = (operation.parameters ?? []).map(
    (p) => `${p.name} (${p.in}${p.required ? "" : ", optional"})`,
  );
  const request = schemaOf(operation.requestBody?.content);
  const answers = Object.entries(operation.responses ?? {}).map(([status, answer]) => {
    const schema = status.startsWith("2") ? schemaOf(answer.content) : "";
    return `<p>${html(status)} ${html(answer.description ?? "")}</p>${schema}`;
  });
  return `<details><summary><b>${html(method)}</b> ${html(path)}</summary>
${parameters.length > 0 ? `<p>Parameters: ${html(parameters.join(", "))}</p>` : ""}
${request && `<p>Body</p>${request}`}
${answers.join("\n")}</details>`;
}

function schemaOf(content: Record<string, { schema?: unknown }> | undefined): string {
  const schema = Object.values(content ?? {})[0]?.schema;
  return schema === undefined ? "" : `<pre>${html(JSON.stringify(schema, null, 2))}</pre>`;
}

function html(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
}
