// Builds the program into dist/: `npm run build`; tsc then adds the types. A few large files start faster than hundreds
// of small ones; packages stay separate, and code that few commands need has files of its own.
import { chmodSync, copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type InputOptions, type OutputOptions, type Plugin, build } from "rolldown";

const root = join(import.meta.dirname, "..");
// Names contain digests: files of an earlier build would stay.
rmSync(join(root, "dist"), { recursive: true, force: true });

/** Starts a run's keeper before everything else is loaded, without the modules of its folders. */
const first =
  /\/(?:src\/run\/(?:translate\/cache-folder|keeper\/keeper)|src\/cli\/(?:command\/command-name|prepare))\.ts$/;

/**
 * Loads a module of Node.js's own on first use: some take as long as all of ours, and many runs need none of them. The
 * variable then holds the module itself.
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

/** Modules that the file of a guest's process leaves outside: Node.js's own. */
const packagesOfChild = /^node:/;

/** Modules that the keeper's file leaves outside: those, native ones, and rarely needed ones. */
const packagesOfKeeper = /^(?:node:|better-sqlite3$|acorn$)/;

await bundle(
  // The last two are for the tests: they run guests without the command line, and its commands one after another.
  {
    main: "src/cli/main.ts",
    index: "src/index.ts",
    fs: "src/node-fs/index.ts",
    "just-bash": "src/just-bash/index.ts",
    "ai-sdk": "src/ai-sdk/index.ts",
    run: "src/run/index.ts",
    program: "src/cli/program.ts",
  },
  {
    groups: [
      { name: "node-needed", test: /\/src\/node-needed\.ts$/ },
      { name: "node-version", test: /\/src\/text\/node-version\.ts$/ },
      { name: "first", test: first },
    ],
    includeDependenciesRecursively: false,
  },
);
// A thread shares no memory with its starter, and so no file: each is one file with just its own code, beside its
// starter.
await script({ "keeper-thread": "src/run/keeper/keeper-thread.ts" }, true, packagesOfKeeper);
await script({ "server-thread": "src/run/native/server-thread.ts" }, true, packagesOfKeeper);
await script({ "look-thread": "src/host/look/look-thread.ts" }, false, packagesOfChild);
await bundle({ "snapshot-worker": "tui/recording/snapshot-worker.ts" });
await bundle({ shipper: "src/fleet/client/shipper.ts" });
await bundle({ "past-thread": "src/tools/past-thread.ts" });
await bundle({ "pack-thread": "src/fleet/depot/pack-thread.ts" });
await bundle({ "fetch-thread": "src/fleet/client/fetch-thread.ts" });
await bundle({ "verify-thread": "journal/verify/verify-thread.ts" });
await bundle({ "later-thread": "src/history/ask/later-thread.ts" });
await bundle({ "asking-thread": "tui/recording/asking-thread.ts" });
await script({ "refresh-process": "src/run/native/refresh-process.ts" }, false, packagesOfChild);
// A guest's process sees no folder of packages: its one file has everything that it runs but the translator.
await script({ child: "src/run/guest/child.ts" }, false, packagesOfChild);
// The script and the style of a report's page, which stand in it as they are.
await make({ "report-page": "src/report/browser/page.ts" }, /^$/, {
  ...named("js"),
  format: "iife",
  sourcemap: false,
  minify: true,
});
copyFileSync(join(root, "src/report/browser/page.css"), join(root, "dist/report-page.css"));
copyTranslator();
chmodSync(join(root, "dist", "main.js"), 0o755);

/** Copies what translates components, 4 MB of a package that brings 100 MB of others: tools that no run uses. */
function copyTranslator(): void {
  const from = join(root, "node_modules/@bytecodealliance/jco-transpile");
  const to = join(root, "dist/translator");
  mkdirSync(to);
  for (const kind of ["js", "core.wasm", "core2.wasm"]) {
    const file = `js-component-bindgen-component.${kind}`;
    copyFileSync(join(from, "vendor", file), join(to, file));
  }
  copyFileSync(join(from, "LICENSE"), join(to, "LICENSE"));
  const { name, version, license } = JSON.parse(readFileSync(join(from, "package.json"), "utf8"));
  const facts = { name, version, license, type: "module" };
  writeFileSync(join(to, "package.json"), `${JSON.stringify(facts, null, 2)}\n`);
}

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

/**
 * Builds a file that every run waits for: CommonJS, which Node.js starts faster, and which can load its modules on
 * first use.
 */
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
    // The oldest version that `engines` allows; newer syntax is rewritten by the bundler.
    transform: { target: "node22.15" },
    external,
    plugins,
    // Some files are imported dynamically by one file and statically by another. `loadingLate` moves no line.
    checks: { ineffectiveDynamicImport: false, sourcemapBroken: false },
    preserveEntrySignatures: "allow-extension",
    // No file of ours has an effect when it is imported, but those that are started, and the library's check of
    // Node.js.
    treeshake: { moduleSideEffects: (id) => id.endsWith("/src/node-needed.ts") },
    output: { sourcemap: true, ...output, dir: "dist" },
  });
}
