import { readFileSync } from "node:fs";
import { WASI } from "node:wasi";

import { webAssembly } from "../../src/run/wasm/web-assembly.ts";

// Runs bench/guest/reads.wasm once, with its output on stdout: SYSTEM PLACE ARGUMENTS. The place is a journal that holds
// the files, or a folder.

const program = new URL("./reads.wasm", import.meta.url).pathname;
const [system, place = "", ...args] = process.argv.slice(2);

if (system === "rewindfs") await onRewindfs();
else onNodeWasi();

async function onRewindfs(): Promise<void> {
  // As installed: from source each thread would compile a compiler of TypeScript first, and meanwhile.
  const built = new URL("../../dist/index.js", import.meta.url).href;
  const { profiles, runGuest } = (await import(built)) as typeof import("../../src/index.ts");
  const { outcome } = await runGuest({
    guest: program,
    args,
    environment: new Map(),
    journal: place,
    durability: "process",
    limits: profiles.default,
    preopens: [{ path: "/", access: "read-write" }],
    accesses: "ignore",
  });
  if (outcome.kind !== "exited" || outcome.exit !== 0) throw new Error(JSON.stringify(outcome));
}

function onNodeWasi(): void {
  const wasi = new WASI({
    version: "preview1",
    args: ["reads", ...args],
    preopens: { "/": place },
  });
  const module = new webAssembly.Module(readFileSync(program));
  const exit = wasi.start(new webAssembly.Instance(module, wasi.getImportObject() as never));
  if (exit !== 0) throw new Error(`the program ended with ${exit}`);
}
