// Builds the program into dist/: `npm run build`; tsc then adds the types. Few large files start faster than the
// hundreds that they are made of; packages stay outside, and what a command does not need stays in a file of its own.
import { chmodSync, rmSync } from "node:fs";
import { join } from "node:path";
import { type InputOptions, type OutputOptions, type Plugin, build } from "rolldown";

const root = join(import.meta.dirname, "..");
// Names carry digests: what an earlier build left would stay.
rmSync(join(root, "dist"), { recursive: true, force: true });

/** What starts the keeper of a run, before all else is loaded: without what stands beside it in its folders. */
const first =
  /\/(?:src\/run\/(?:translate\/cache-folder|keeper\/keeper)|src\/cli\/(?:command\/command-name|prepare))\.ts$/;

/**
 * Loads a module of Node.js's own when something of it is first used: some take as long as all of ours, and many a run
 * needs none of them. The variable is then the module itself.
 */
const loadingLate: Plugin = {
  name: "loading-late",
  renderChunk: (code) =>
    code.replaceAll(
      /^let (\w+) = require\("(node:[\w/]+)"\);(?:(\n)\1 = __toESM\(\1(.*)\);)?$/gm,
      (_, name: string, module: string, wrapped: string | undefined, mode: string) => {
        const load = `require("${module}")`;
        const found = wrapped === undefined ? load : `__toESM(${load}${mode})`;
        return `let ${name} = new Proxy({}, { get: (_, member) => (${name} = ${found})[member] });${wrapped ?? ""}`;
      },
    ),
};

/** What the file of a guest's process leaves outside: Node.js's own modules. */
const packagesOfChild = /^node:/;

/** What the keeper's does: besides those, what is native, and what only some runs need. */
const packagesOfKeeper = /^(?:node:|better-sqlite3$|acorn$)/;

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
await script({ "keeper-thread": "src/run/keeper/keeper-thread.ts" }, true, packagesOfKeeper);
await bundle({ "snapshot-worker": "tui/recording/snapshot-worker.ts" });
// A guest's process sees no folder of packages: all that it runs but the translator is in its one file.
await script({ child: "src/run/guest/child.ts" }, false, packagesOfChild);
chmodSync(join(root, "dist", "main.js"), 0o755);

async function bundle(
  input: NonNullable<InputOptions["input"]>,
  codeSplitting: OutputOptions["codeSplitting"] = true,
): Promise<void> {
  await make(input, /^(?!\.{0,2}\/|\0|@oxc-project\/runtime\/)/, {
    ...named("js"),
    format: "esm",
    codeSplitting,
  });
}

/** What every run waits for: CommonJS, which Node.js starts faster, and which can load its modules when they are used. */
async function script(
  input: NonNullable<InputOptions["input"]>,
  codeSplitting: boolean,
  external: RegExp,
): Promise<void> {
  const output = { ...named("cjs"), format: "cjs", codeSplitting } as const;
  await make(input, external, output, [loadingLate]);
}

function named(extension: string) {
  return { entryFileNames: `[name].${extension}`, chunkFileNames: `[name]-[hash].${extension}` };
}

async function make(
  input: NonNullable<InputOptions["input"]>,
  external: RegExp,
  output: OutputOptions,
  plugins: Plugin[] = [],
): Promise<void> {
  await build({
    cwd: root,
    input,
    platform: "node",
    // The oldest that `engines` allows; what it does not know yet is written in older words, with the bundler's own help.
    transform: { target: "node22.15" },
    external,
    plugins,
    // What one file imports when it is needed, another has from the start. And `loadingLate` moves no line.
    checks: { ineffectiveDynamicImport: false, sourcemapBroken: false },
    preserveEntrySignatures: "allow-extension",
    // No file of ours does anything when it is imported but those that are started, and the library's look at Node.js.
    treeshake: { moduleSideEffects: (id) => id.endsWith("/src/node-needed.ts") },
    output: { ...output, dir: "dist", sourcemap: true },
  });
}
