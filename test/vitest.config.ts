import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    root: new URL("..", import.meta.url).pathname,
    include: ["test/**/*.test.{ts,tsx}"],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    maxWorkers: 2,
    // V8 loses count of its protected code pages when one process starts dozens of threads with WebAssembly, and aborts.
    execArgv: ["--no-memory-protection-keys"],
  },
});
