import type { Ending } from "../ending/ending.ts";
import { guard } from "../ending/guard.ts";
import {
  type WasmImports,
  type WasmInstance,
  type WasmModule,
  webAssembly,
} from "../wasm/web-assembly.ts";

type Imports = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** Exports of a translated guest's glue. */
export interface Glue {
  instantiate(
    getCoreModule: (name: string) => WasmModule,
    imports: Imports,
    instantiateCore: (module: WasmModule, imports?: WasmImports) => WasmInstance,
  ): Readonly<Record<string, unknown>>;
}

export interface Instance {
  readonly glue: Glue;
  readonly modules: ReadonlyMap<string, WasmModule>;
  readonly entry: string;
  readonly imports: Imports;
}

/** Instantiates a guest so that any error thrown by a host call ends it. Returns its wasi:cli/run. */
export function instantiate(instance: Instance, ending: Ending): () => void {
  const getCoreModule = (name: string): WasmModule => {
    const module = instance.modules.get(name);
    if (module === undefined) throw new Error(`the translated guest lacks its module ${name}`);
    return module;
  };

  // Core modules call one another directly; only functions that are not WebAssembly themselves are host calls.
  const wasm = new WeakSet<object>();
  // Each has its share of the memory; another instance would have as much again.
  const started = new Set<WasmModule>();
  const instantiateCore = (module: WasmModule, imports: WasmImports = {}): WasmInstance => {
    if (started.has(module)) throw new webAssembly.RuntimeError("two instances of one module");
    started.add(module);
    const made = new webAssembly.Instance(module, guardAll(imports));
    for (const exported of Object.values(made.exports)) {
      if (typeof exported === "function") wasm.add(exported);
    }
    return made;
  };
  const guardAll = (imports: WasmImports): WasmImports =>
    mapValues(imports, (namespace) =>
      mapValues(namespace, (value) =>
        isHostCall(value) && !wasm.has(value) ? guard(value, ending) : value,
      ),
    );
  const exported = instance.glue.instantiate(
    getCoreModule,
    mapValues(instance.imports, (part) => mapValues(part, (value) => value)),
    instantiateCore,
  )[instance.entry];
  if (!isRunnable(exported)) throw new webAssembly.RuntimeError(`${instance.entry} has no run`);
  return () => exported.run();
}

function isHostCall(value: unknown): value is (...flat: readonly unknown[]) => unknown {
  return typeof value === "function";
}

/** Maps a record into one without a prototype: the guest chooses the keys that are looked up in it. */
function mapValues<T>(
  record: Readonly<Record<string, T>>,
  change: (value: T) => T,
): Record<string, T> {
  const changed: Record<string, T> = Object.create(null);
  for (const [key, value] of Object.entries(record)) changed[key] = change(value);
  return changed;
}

function isRunnable(value: unknown): value is { run(): void } {
  return (
    typeof value === "object" && value !== null && "run" in value && typeof value.run === "function"
  );
}
