/** Preloaded (`node --import`) into the programs of tests: they end when the test that started them does, however it ends. */
process.stdin.on("end", () => process.exit(1)).resume();
// The stream alone must not keep a program going that is done; the handle of a pipe can be unreferenced.
(process.stdin as unknown as { unref(): void }).unref();
