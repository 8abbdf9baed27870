import { tmpdir } from "node:os";
import { join } from "node:path";
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    root: new URL("..", import.meta.url).pathname,
    globalSetup: ["test/support/build.ts"],
    include: ["test/**/*.test.{ts,tsx}"],
    // Place of the key that authenticates stored states: not in the home of the person who runs the tests.
    env: { XDG_STATE_HOME: join(tmpdir(), "rewindfs-test-state") },
    testTimeout: 60_000,
    hookTimeout: 60_000,
    maxWorkers: 2,
    // A worker goes on from file to file: no test changes what another one finds there.
    isolate: false,
    // A shared machine may stand still for a minute. A test that fails twice has failed, and a retry is reported.
    retry: process.env["CI"] === undefined ? 0 : 1,
    // V8 13 may free its code for calls from WebAssembly to JavaScript while another thread takes it up, and aborts.
    // Each thread that loads TypeScript makes such calls in the code that strips the types.
    execArgv: ["--no-wasm-code-gc"],
  },
});
