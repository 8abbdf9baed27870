import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { basename } from "node:path";
import { WASI } from "node:wasi";

import { webAssembly } from "../../src/run/wasm/web-assembly.ts";

// Runs a program of preview 1 once, with its output on stdout: SYSTEM PROGRAM PLACE ARGUMENTS. The system is a durability of
// rewindfs, and the place a journal; or "node-wasi", and the place a folder.

const [system = "", program = "", place = "", ...args] = process.argv.slice(2);

switch (system) {
  case "process":
  case "batch":
    await onRewindfs(system);
    break;
  case "node-wasi":
    onNodeWasi();
    break;
  default:
    throw new Error(`unknown system ${system}`);
}

async function onRewindfs(durability: "process" | "batch"): Promise<void> {
  // As installed: from source each thread would compile a compiler of TypeScript first, and meanwhile.
  const built = new URL("../../dist/index.js", import.meta.url).href;
  const { profiles, runGuest } = (await import(built)) as typeof import("../../src/index.ts");
  const { outcome } = await runGuest({
    guest: program,
    args,
    environment: new Map(),
    journal: place,
    durability,
    limits: profiles.default,
    preopens: [{ path: "/", access: "read-write" }],
    accesses: "ignore",
  });
  if (outcome.kind !== "exited" || outcome.exit !== 0) throw new Error(JSON.stringify(outcome));
}

function onNodeWasi(): void {
  if (!existsSync(place)) mkdirSync(place);
  const wasi = new WASI({
    version: "preview1",
    args: [basename(program, ".wasm"), ...args],
    preopens: { "/": place },
  });
  const module = new webAssembly.Module(readFileSync(program));
  const exit = wasi.start(new webAssembly.Instance(module, wasi.getImportObject() as never));
  if (exit !== 0) throw new Error(`the program ended with ${exit}`);
}
