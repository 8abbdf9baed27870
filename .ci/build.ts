// Builds the program into dist/: `npm run build`; tsc then adds the types. Few large files start faster than the
// hundreds that they are made of; packages stay outside, and what a command does not need stays in a file of its own.
import { chmodSync, rmSync } from "node:fs";
import { join } from "node:path";
import { type InputOptions, type OutputOptions, build } from "rolldown";

const root = join(import.meta.dirname, "..");
// Names carry digests: what an earlier build left would stay.
rmSync(join(root, "dist"), { recursive: true, force: true });

/** What starts the keeper of a run, before all else is loaded: without what stands beside it in its folders. */
const first =
  /\/(?:src\/run\/(?:translate\/cache-folder|keeper\/keeper)|src\/cli\/(?:command\/command-name|prepare))\.ts$/;

/** What the file of a guest's process leaves outside: Node.js's own modules. */
const packagesOfChild = /^node:/;

await bundle(
  // The last is what runs guests, by itself, for the tests.
  { main: "src/cli/main.ts", index: "src/index.ts", run: "src/run/index.ts" },
  {
    groups: [
      { name: "node-needed", test: /\/src\/node-needed\.ts$/ },
      { name: "node-version", test: /\/src\/text\/node-version\.ts$/ },
      { name: "first", test: first },
    ],
    includeDependenciesRecursively: false,
  },
);
// A thread shares no memory with whoever starts it, and so no file: each is one, and holds no more than it runs.
// Whoever starts it finds it beside itself.
await bundle({ "keeper-thread": "src/run/keeper/keeper-thread.ts" });
await bundle({ "snapshot-worker": "tui/recording/snapshot-worker.ts" });
// A guest's process sees no folder of packages: all that it runs but the translator is in its one file.
await bundle({ child: "src/run/guest/child.ts" }, false, packagesOfChild);
chmodSync(join(root, "dist", "main.js"), 0o755);

async function bundle(
  input: NonNullable<InputOptions["input"]>,
  codeSplitting: OutputOptions["codeSplitting"] = true,
  external: RegExp = /^(?!\.{0,2}\/|\0|@oxc-project\/runtime\/)/,
): Promise<void> {
  await build({
    cwd: root,
    input,
    platform: "node",
    // The oldest that `engines` allows; what it does not know yet is written in older words, with the bundler's own help.
    transform: { target: "node22.15" },
    external,
    // What one file imports when it is needed, another has from the start.
    checks: { ineffectiveDynamicImport: false },
    preserveEntrySignatures: "allow-extension",
    // No file of ours does anything when it is imported but those that are started, and the library's look at Node.js.
    treeshake: { moduleSideEffects: (id) => id.endsWith("/src/node-needed.ts") },
    output: {
      dir: "dist",
      format: "esm",
      entryFileNames: "[name].js",
      chunkFileNames: "[name]-[hash].js",
      sourcemap: true,
      codeSplitting,
    },
  });
}
