import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { WASI } from "node:wasi";

import type { Glue } from "../../src/run/guest/instantiate.ts";
import { webAssembly } from "../../src/run/wasm/web-assembly.ts";

// Runs bench/guest/operations.wasm once, or component-0.x.wasm for the systems that are versions of WASI, with its
// output on stdout: SYSTEM FOLDER TIMES LARGE. Each system loads only its own code: compilation of the rest would go on
// beside the program.

const program = programOf("operations");
const [system = "", folder = ".", ...args] = process.argv.slice(2);
/** Beside the fresh folders, so that the component is translated once. */
const cacheFolder = join(folder, "..", "cache");

switch (system) {
  case "process":
  case "batch":
  case "power":
    await onRewindfs(program, system);
    break;
  case "0.2":
    await onRewindfs(programOf("component-0.2.3"), "process");
    break;
  case "0.3":
    await onRewindfs(programOf("component-0.3.0"), "process");
    break;
  case "node-wasi":
    onNodeWasi();
    break;
  case "stock-shim":
    await onStockShim();
    break;
  default:
    throw new Error(`unknown system ${system}`);
}

function programOf(name: string): string {
  return new URL(`./${name}.wasm`, import.meta.url).pathname;
}

async function onRewindfs(guest: string, durability: "process" | "batch" | "power"): Promise<void> {
  // As installed: from source each thread would compile a compiler of TypeScript first, and meanwhile.
  const built = new URL("../../dist/index.js", import.meta.url).href;
  const { profiles, runGuest } = (await import(built)) as typeof import("../../src/index.ts");
  const { outcome } = await runGuest({
    guest,
    args,
    environment: new Map(),
    journal: join(folder, "journal.db"),
    durability,
    limits: profiles.default,
    preopens: [{ path: "/", access: "read-write" }],
    accesses: "ignore",
    cacheFolder,
  });
  if (outcome.kind !== "exited" || outcome.exit !== 0) throw new Error(JSON.stringify(outcome));
}

function onNodeWasi(): void {
  const root = join(folder, "root");
  mkdirSync(root);
  const wasi = new WASI({
    version: "preview1",
    args: ["operations", ...args],
    preopens: { "/": root },
  });
  const module = new webAssembly.Module(readFileSync(program));
  const exit = wasi.start(new webAssembly.Instance(module, wasi.getImportObject() as never));
  if (exit !== 0) throw new Error(`the program ended with ${exit}`);
}

async function onStockShim(): Promise<void> {
  const { WASIShim } = await import("@bytecodealliance/preview2-shim/instantiation");
  const { translate } = await import("../../src/run/translate/translate.ts");
  const { adapt } = await import("../../test/support/adapted.ts");
  const root = join(folder, "root");
  mkdirSync(root);
  const component = join(folder, "operations.component.wasm");
  await adapt(program, component);
  const { glue: source, modules, entry } = await translate("operations", readFileSync(component));
  if (entry === undefined) throw new Error("the adapter made no command");
  const shim = new WASIShim({
    sandbox: { preopens: { "/": root }, args: ["operations", ...args], env: {} },
  });
  const url = `data:text/javascript;base64,${Buffer.from(source).toString("base64")}`;
  const glue = (await import(url)) as Glue;
  const instance = glue.instantiate(
    (name) => {
      const bytes = modules.get(name);
      if (bytes === undefined) throw new Error(`no module ${name}`);
      return new webAssembly.Module(bytes);
    },
    shim.getImportObject() as never,
    (module, imports) => new webAssembly.Instance(module, imports),
  );
  (instance[entry] as { run(): void }).run();
  // The shim's worker keeps the process alive.
  process.exit(0);
}
