import { existsSync } from "node:fs";
import { parseArgs } from "node:util";

import type { Counts } from "./counts.ts";

// Runs a third-party suite, or real programs, on the built product: `npm run suites -- SUITE FOLDER`. docs/guests.md and
// docs/exec.md describe where the suites are from and how their programs are compiled.

type Run = (folder: string, only: string) => Promise<Counts>;

/** The suites, and what the folder of each is. */
const suites: Readonly<Record<string, { readonly folder: string; readonly run: Run }>> = {
  "wasi-testsuite": {
    folder: "holds the suite's programs as .wasm files, wherever in it",
    run: async (folder, only) =>
      (await import("./wasi/programs.ts")).programs("wasi-testsuite", folder, only),
  },
  wasmtime: {
    folder: "holds the suite's programs as .wasm files, wherever in it",
    run: async (folder, only) =>
      (await import("./wasi/programs.ts")).programs("wasmtime", folder, only),
  },
  work: {
    folder: "is a repository of git, for git, tar, rsync and others to work on",
    run: async (folder, only) => (await import("./native/work.ts")).work(folder, only),
  },
  "git-apply": {
    folder: "holds repositories of git, or is one",
    run: async (folder, only) => (await import("./git/git-apply.ts")).gitApply(folder, only),
  },
  pjdfstest: {
    folder: "is that of the suite, with pjdfstest compiled in it",
    run: async (folder, only) => (await import("./native/pjdfstest.ts")).pjdfstest(folder, only),
  },
  ltp: {
    folder: "holds compiled programs of the Linux Test Project",
    run: async (folder, only) => (await import("./native/ltp.ts")).ltp(folder, only),
  },
  "node-fs": {
    folder: "is Node.js' own, with the folder test in it",
    run: async (folder, only) => (await import("./fs/node.ts")).node(folder, only),
  },
  "just-bash": {
    folder: "is just-bash' own, with its packages installed",
    run: async (folder, only) => (await import("./agents/just-bash.ts")).justBash(folder, only),
  },
  fsx: {
    folder: "holds the compiled program fsx",
    run: async (folder) => (await import("./native/fsx.ts")).fsx(folder),
  },
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { only: { type: "string", default: "" } },
});
const [name = "", folder] = positionals;
const suite = Object.hasOwn(suites, name) ? suites[name] : undefined;
if (suite === undefined || folder === undefined || !existsSync(folder)) {
  console.error(`usage: npm run suites -- ${Object.keys(suites).join("|")} FOLDER [--only TEXT]`);
  for (const [each, { folder: what }] of Object.entries(suites))
    console.error(`Hint: the folder for ${each} ${what}`);
  process.exit(2);
}
const { passed, failed, skipped } = await suite.run(folder, values.only);
if (passed + failed + skipped === 0) {
  console.error(`nothing to run: there is no *${values.only}* in ${folder}`);
  process.exit(2);
}
console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
process.exitCode = failed === 0 ? 0 : 1;
