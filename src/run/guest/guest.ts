import { loadGlue } from "./glue.ts";
import type { Glue } from "./instantiate.ts";
import { classify } from "../component/classify.ts";
import { RunError } from "../ending/error.ts";
import { admit } from "./admit-linked.ts";
import type { ComponentCode } from "../link/decode/code.ts";
import { type TableNeeds, capHeap, tableNeeds } from "../wasm/heap-cap.ts";
import type { GuestCode, RunJob } from "../protocol/jobs.ts";
import { capMemory, memoriesOf } from "../wasm/memory-cap.ts";
import { type WasmModule, webAssembly } from "../wasm/web-assembly.ts";

/** A guest that is ready to be instantiated, in its own process. */
export type Guest = GuestComponent | LinkedComponent | GuestModule;

interface GuestFile {
  readonly name: string;
}

/** A translated component. */
export interface GuestComponent extends GuestFile {
  readonly kind: "component";
  /** Instantiates it. */
  readonly glue: Glue;
  readonly modules: ReadonlyMap<string, WasmModule>;
  /** The name under which it exports wasi:cli/run. */
  readonly entry: string;
  readonly imports: readonly string[];
}

/** A component that is linked here, without a translation. */
export interface LinkedComponent extends GuestFile {
  readonly kind: "linked";
  readonly code: ComponentCode;
  /** Its core modules, by number. */
  readonly modules: readonly WasmModule[];
  /** The name under which it exports wasi:cli/run. */
  readonly entry: string;
  readonly imports: readonly string[];
}

/** A core module that is a program of preview 1. */
export interface GuestModule extends GuestFile {
  readonly kind: "module";
  readonly module: WasmModule;
}

/**
 * Makes a guest ready to run, in its own process: `next` returns its bytes, file by file, each in a buffer of its own.
 * Throws RunError if they are no program that can be run here.
 */
export async function makeGuest(
  { name, code, limits }: RunJob,
  next: () => Uint8Array<ArrayBuffer>,
): Promise<Guest> {
  if (code.kind === "component") return makeComponent(name, code, limits.memory, next);
  const bytes = next();
  if (code.kind === "linked") return makeLinked(name, limits.memory, bytes);
  const kind = classify(bytes);
  if (kind.kind === "refused") throw notRunnable(name, kind.why, kind.hint);
  return {
    kind: "module",
    name,
    module: compile(name, bytes, shareOf(limits.memory, memoriesOf(bytes))),
  };
}

function makeLinked(
  name: string,
  memoryBytes: number,
  bytes: Uint8Array<ArrayBuffer>,
): LinkedComponent {
  const admitted = sound(name, () => admit(bytes));
  if ("refusal" in admitted) throw notRunnable(name, admitted.refusal.why, admitted.refusal.hint);
  const { component: code, modules: files, entry, imports } = admitted;
  const compileOne = sound(name, () => compiler(name, memoryBytes, files));
  return { kind: "linked", name, code, entry, imports, modules: files.map(compileOne) };
}

/** Returns the result of reading a guest's bytes; throws RunError if they are not well-formed. */
function sound<T>(name: string, find: () => T): T {
  try {
    return find();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw notRunnable(name, `it is damaged: ${error.message}`, "build or download it again");
  }
}

/** Returns a function that compiles the core modules of a component, each with its share of the common limits. */
function compiler(
  name: string,
  memoryBytes: number,
  files: readonly Uint8Array[],
): (bytes: Uint8Array<ArrayBuffer>) => WasmModule {
  const share = shareOf(
    memoryBytes,
    files.reduce((sum, bytes) => sum + memoriesOf(bytes), 0),
  );
  const tables = tableNeeds(files);
  return (bytes) => compile(name, bytes, share, tables);
}

async function makeComponent(
  name: string,
  { entry, imports, modules: names }: GuestCode & { kind: "component" },
  memoryBytes: number,
  next: () => Uint8Array<ArrayBuffer>,
): Promise<GuestComponent> {
  const source = Buffer.from(next()).toString("utf8");
  const files = names.map((file) => [file, next()] as const);
  const compileOne = compiler(
    name,
    memoryBytes,
    files.map(([, bytes]) => bytes),
  );
  const modules = new Map(files.map(([file, bytes]) => [file, compileOne(bytes)]));
  return { kind: "component", name, glue: await loadGlue(source), modules, entry, imports };
}

/** Returns the limit for each of several memories. */
function shareOf(memoryBytes: number, memories: number): number {
  return Math.floor(memoryBytes / Math.max(memories, 1));
}

/** Compiles a module with limits for its memories and tables. Takes over its bytes, whose buffer is its own. */
function compile(
  name: string,
  bytes: Uint8Array<ArrayBuffer>,
  memoryBytes: number,
  tables?: TableNeeds,
): WasmModule {
  try {
    const limited = capped(name, bytes, memoryBytes, tables);
    const module = new webAssembly.Module(limited);
    // Freed at once: a process that only waits from here on would keep them, and modules are large.
    limited.buffer.transfer(0);
    return module;
  } catch (error) {
    // A module whose limits cannot be read is like one that does not compile.
    if (!(error instanceof webAssembly.CompileError) && !(error instanceof RangeError)) throw error;
    throw new RunError(
      "not-runnable",
      `Cannot run ${name}: it is not a component or module it can run: its code is damaged, or uses features that this Node.js does not support: ${inShort(error)}`,
      {
        hint: "build it again, for WebAssembly 2.0 without proposals that are not finished; or use a newer Node.js",
        cause: error,
      },
    );
  }
}

/** Returns the message of the engine or of our own reader, without their names. */
function inShort({ message }: Error): string {
  return message.replace(/^WebAssembly\.Module\(\): /, "");
}

/**
 * Returns the module with limits for its memories and tables. Throws RunError, and RangeError if it is not well-formed.
 */
function capped(
  name: string,
  module: Uint8Array<ArrayBuffer>,
  memoryBytes: number,
  tables: TableNeeds | undefined,
): Uint8Array<ArrayBuffer> {
  const memory = capMemory(module, memoryBytes, "the module");
  if ("needsBytes" in memory) {
    throw notRunnable(
      name,
      `it needs ${memory.needsBytes} bytes of memory to start, the limit is ${memoryBytes}`,
      "raise --limit memory",
    );
  }
  const heap = capHeap(memory.module, tables, "the module");
  if ("why" in heap) throw notRunnable(name, heap.why, heap.hint);
  return heap.module;
}

export function notRunnable(name: string, why: string, hint: string): RunError {
  return new RunError(
    "not-runnable",
    `Cannot run ${name}: it is not a component or module it can run: ${why}`,
    { hint },
  );
}
