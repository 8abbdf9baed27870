import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Plugin, defineConfig } from "vitest/config";

import { useMemory } from "./support/in-memory.ts";
import { patience } from "./support/scale.ts";

const built = new URL("../dist/", import.meta.url);

// Workers, and what they start, keep V8's compiled code, as the program does for its users: a run of a guest compiles
// two large files, which takes a fifth of its time.
process.env["NODE_COMPILE_CACHE"] ??= join(tmpdir(), "rewindfs-test-compile-cache");

useMemory();

/**
 * Lets all that starts a thread or a process start the built one, as for users: from source each would strip the types of
 * all that it loads, which takes half a second.
 */
const startingBuilt: Plugin = {
  name: "starting-built",
  enforce: "pre",
  transform: (code) =>
    code.includes('import.meta.url.endsWith(".ts")')
      ? code
          .replaceAll("import.meta.url", JSON.stringify(new URL("tests.js", built).href))
          .replaceAll("import.meta.dirname", JSON.stringify(built.pathname))
      : undefined,
};

export default defineConfig({
  plugins: [startingBuilt],
  test: {
    root: new URL("..", import.meta.url).pathname,
    globalSetup: ["test/support/build.ts"],
    include: ["test/**/*.test.{ts,tsx}"],
    // Place of the key that authenticates stored states: not in the home of the person who runs the tests.
    // React is the one that users have: the other one costs twice as much.
    env: { XDG_STATE_HOME: join(tmpdir(), "rewindfs-test-state"), NODE_ENV: "production" },
    testTimeout: patience(60_000),
    hookTimeout: patience(60_000),
    // A third one takes more processor time and makes nothing faster beside other work.
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
