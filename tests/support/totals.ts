import type { TestEvent } from "node:test/reporters";

/** A reporter that says one plain line at the end of everything: `41 passed, 0 failed`. What was cancelled has failed. */
// biome-ignore lint/style/noDefaultExport: node takes a reporter from nowhere else
export default async function* totals(events: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  for await (const event of events) {
    if (event.type !== "test:summary" || event.data.file !== undefined) continue;
    const { tests, passed, skipped, todo } = event.data.counts;
    yield `${passed} passed, ${tests - passed - skipped - todo} failed\n`;
  }
}
