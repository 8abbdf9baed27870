import { tmpdir } from "node:os";
import { join } from "node:path";
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    root: new URL("..", import.meta.url).pathname,
    globalSetup: ["test/support/build.ts"],
    include: ["test/**/*.test.{ts,tsx}"],
    // Where the key is kept that vouches for stored states: not in the home of who runs the tests.
    env: { XDG_STATE_HOME: join(tmpdir(), "rewindfs-test-state") },
    testTimeout: 60_000,
    hookTimeout: 60_000,
    maxWorkers: 2,
    // V8 13 may free what it compiled for calls from WebAssembly to JavaScript while another thread takes it up, and
    // aborts. Each thread that loads TypeScript makes such calls in what takes the types out of it.
    execArgv: ["--no-wasm-code-gc"],
  },
});
