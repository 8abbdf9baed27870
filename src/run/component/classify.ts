import { refusalOf } from "./admit.ts";
import { type Export, readExports } from "../wasm/exports.ts";
import { type Import, kinds, readImports, readLimits } from "../wasm/imports.ts";
import { Cursor, sectionId, sections } from "../wasm/sections.ts";
import { besideWasi, signatures } from "../wasm/signatures.ts";
import { type DefinedType, definedTypes } from "../wasm/types.ts";

/** The kind of a file. */
export type Classification =
  | { readonly kind: "component" }
  | { readonly kind: "command-module" }
  | { readonly kind: "refused"; readonly why: string; readonly hint: string };

const magic = [0x00, 0x61, 0x73, 0x6d];

/** Tells from a file's bytes if it is a component, a preview 1 program, or neither. */
export function classify(bytes: Uint8Array): Classification {
  if (bytes.length === 0) return refused("it is empty", "build or download it again");
  if (bytes.length < 8 || magic.some((byte, index) => bytes[index] !== byte)) {
    return isText(bytes)
      ? refused("it is WebAssembly's text format", "translate it with wat2wasm or wasm-tools parse")
      : refused(
          "it is not WebAssembly",
          "give a .wasm file; rewindfs exec runs programs of this machine, rewindfs run python SCRIPT a script",
        );
  }
  // Component model, Binary.md: the preamble is a 16-bit version and a 16-bit layer; layer 1 is a component.
  const layer = (bytes[6] ?? 0) | ((bytes[7] ?? 0) << 8);
  if (layer === 1) return sound(() => classifyComponent(bytes));
  if (layer !== 0 || bytes[4] !== 1) {
    return refused(
      "its WebAssembly version is unknown",
      "build it for WebAssembly 1.0 or as a component",
    );
  }
  return sound(() => classifyModule(bytes));
}

/** Returns the result, unless the bytes are not well-formed. */
function sound(find: () => Classification): Classification {
  try {
    return find();
  } catch (error) {
    if (error instanceof RangeError)
      return refused(`it is damaged: ${error.message}`, "build or download it again");
    throw error;
  }
}

function classifyComponent(bytes: Uint8Array): Classification {
  const wrong = refusalOf(bytes);
  return wrong === undefined ? { kind: "component" } : { kind: "refused", ...wrong };
}

function classifyModule(bytes: Uint8Array): Classification {
  let types: readonly DefinedType[] = [];
  let imports: readonly Import[] = [];
  let exports: readonly Export[] = [];
  /** Types of the functions, and numbers of the memories, that the module defines; it imports no memories. */
  let functionTypes: readonly number[] = [];
  let memoryFlags: readonly number[] = [];
  for (const section of sections(bytes)) {
    const cursor = new Cursor(bytes, section.contentStart);
    if (section.id === sectionId.type) types = [...definedTypes(cursor)];
    if (section.id === sectionId.import) imports = readImports(cursor);
    if (section.id === sectionId.export) exports = readExports(cursor);
    if (section.id === sectionId.function)
      functionTypes = Array.from({ length: cursor.count() }, () => cursor.count());
    if (section.id === sectionId.memory)
      memoryFlags = Array.from({ length: cursor.count() }, () => readLimits(cursor));
  }
  const exportOf = (name: string, kind: number): Export | undefined =>
    exports.find((exported) => exported.name === name && exported.kind === kind);
  const wrong = refusedImport(types, imports);
  if (wrong !== undefined) return wrong;
  const start = exportOf("_start", kinds.function);
  if (start === undefined)
    return refused("it exports no _start", "build it as a command, not as a library");
  const startType = [...imports.map(({ type }) => type), ...functionTypes][start.index];
  if (!isOfType(types, startType, "", ""))
    return refused(
      "its _start has parameters or results",
      "build it as a command, not as a library",
    );
  const memory = exportOf("memory", kinds.memory);
  if (memory === undefined)
    return refused("it exports no memory", "export it under the name memory");
  const flags = memoryFlags[memory.index] ?? 0;
  if ((flags & sharedMemory) !== 0)
    return refused("its threads share its memory", "build it for one thread");
  if ((flags & longMemory) !== 0) {
    return refused(
      "its memory has 64-bit addresses, and preview 1 has none that long",
      "build it for wasm32-wasip1",
    );
  }
  return { kind: "command-module" };
}

const preview1 = "wasi_snapshot_preview1";
const sharedMemory = 2;
const longMemory = 4;

/** Returns why an import cannot be given to the module, if it cannot. */
function refusedImport(
  types: readonly DefinedType[],
  imports: readonly Import[],
): Classification | undefined {
  const foreign = imports.filter(
    (imported) => imported.module !== preview1 && !isBesideWasi(types, imported),
  );
  if (foreign.some(({ module }) => module === "wasi_unstable")) {
    return refused(
      "it was built for WASI preview 0",
      "build it for wasm32-wasip1 or wasm32-wasip2",
    );
  }
  if (imports.some(({ module, name }) => module === "wasi" && name === "thread-spawn"))
    return refused("it imports thread-spawn, and there are no threads", "build it for one thread");
  if (foreign.length > 0) {
    return refused(
      `it imports ${listed(foreign.map(fullName))}, which is not WASI`,
      `build it for wasm32-wasip1 or wasm32-wasip2: a module is given ${preview1} and nothing else`,
    );
  }
  const wrong = imports.find(
    (imported) => imported.module === preview1 && !isOfPreview1(types, imported),
  );
  if (wrong === undefined) return undefined;
  const lacking = functions.has(wrong.name)
    ? "which has it with another type"
    : "which has no such function";
  return refused(
    `it imports ${quoted(wrong.name)} of ${preview1}, ${lacking}`,
    "build it for wasm32-wasip1 or wasm32-wasip2",
  );
}

/** Tells if bytes begin like WebAssembly's text format. */
function isText(bytes: Uint8Array): boolean {
  return /^\s*\((?:module|component)\b/.test(
    Buffer.from(bytes.subarray(0, 256)).toString("latin1"),
  );
}

function fullName({ module, name }: Import): string {
  return `${quoted(name)} of ${quoted(module)}`;
}

const mostListed = 3;
const mostCharacters = 80;

function listed(names: readonly string[]): string {
  const more = names.length - mostListed;
  const first = names.slice(0, mostListed).join(", ");
  return more > 0 ? `${first} and ${more} more` : first;
}

function quoted(name: string): string {
  return JSON.stringify(name.length > mostCharacters ? `${name.slice(0, mostCharacters)}…` : name);
}

const functions: ReadonlyMap<string, string> = new Map(Object.entries(signatures));
const beside: ReadonlyMap<string, ReadonlyMap<string, string>> = new Map(
  Object.entries(besideWasi).map(([module, calls]) => [module, new Map(Object.entries(calls))]),
);

function isBesideWasi(types: readonly DefinedType[], imported: Import): boolean {
  return isServed(types, imported, beside.get(imported.module)?.get(imported.name));
}

function isOfPreview1(types: readonly DefinedType[], imported: Import): boolean {
  return isServed(types, imported, functions.get(imported.name));
}

/** Tells if a function with these parameters can be given for the import. */
function isServed(
  types: readonly DefinedType[],
  { name, type }: Import,
  parameters: string | undefined,
): boolean {
  if (parameters === undefined || type === undefined) return false;
  const defined = types[type];
  if (defined?.kind === "function" && !defined.isPlain) return false;
  return isOfType(types, type, parameters, name === "proc_exit" ? "" : "i");
}

function isOfType(
  types: readonly DefinedType[],
  type: number | undefined,
  parameters: string,
  results: string,
): boolean {
  if (type === undefined) return false;
  const defined = types[type];
  // Types after an object's type are unknown, and a module with one is not run: `capHeap` says why.
  if (defined?.kind !== "function") return types.at(-1)?.kind === "object";
  return defined.parameters === parameters && defined.results === results;
}

function refused(why: string, hint: string): Classification {
  return { kind: "refused", why, hint };
}
