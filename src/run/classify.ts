import { Cursor, sectionId, sections } from "./sections.ts";
import { signatures } from "./signatures.ts";
import { type DefinedType, definedTypes, readType } from "./types.ts";

/** What a file turned out to be. */
export type Classification =
  | { readonly kind: "component" }
  | { readonly kind: "command-module" }
  | { readonly kind: "refused"; readonly why: string; readonly hint: string };

const magic = [0x00, 0x61, 0x73, 0x6d];

/** Tells from its bytes whether a file is a component, a preview 1 program, or neither. */
export function classify(bytes: Uint8Array): Classification {
  if (bytes.length < 8 || magic.some((byte, index) => bytes[index] !== byte)) {
    return refused("it is not WebAssembly", "give a .wasm file, or the name python");
  }
  // Component model, Binary.md: the preamble is a 16-bit version and a 16-bit layer; layer 1 is a component.
  const layer = (bytes[6] ?? 0) | ((bytes[7] ?? 0) << 8);
  if (layer === 1) return { kind: "component" };
  if (layer !== 0 || bytes[4] !== 1) {
    return refused(
      "its WebAssembly version is unknown",
      "build it for WebAssembly 1.0 or as a component",
    );
  }
  try {
    return classifyModule(bytes);
  } catch (error) {
    if (error instanceof RangeError)
      return refused(`it is damaged: ${error.message}`, "build or download it again");
    throw error;
  }
}

function classifyModule(bytes: Uint8Array): Classification {
  let types: readonly DefinedType[] = [];
  let imports: readonly Import[] = [];
  let exports: readonly Export[] = [];
  let memoryFlags = 0;
  for (const section of sections(bytes)) {
    const cursor = new Cursor(bytes, section.contentStart);
    if (section.id === sectionId.type) types = [...definedTypes(cursor)];
    if (section.id === sectionId.import) imports = readImports(cursor);
    if (section.id === sectionId.export) exports = readExports(cursor);
    if (section.id === sectionId.memory && cursor.count() > 0) memoryFlags = cursor.byte();
  }
  const has = (name: string, kind: number): boolean =>
    exports.some((exported) => exported.name === name && exported.kind === kind);
  const wrong = refusedImport(types, imports);
  if (wrong !== undefined) return wrong;
  if (!has("_start", kinds.function))
    return refused("it exports no _start", "build it as a command, not as a library");
  if (imports.length === 0) {
    return refused(
      "it imports nothing of wasi_snapshot_preview1",
      "build it for wasm32-wasip1 or wasm32-wasip2",
    );
  }
  if (!has("memory", kinds.memory))
    return refused("it exports no memory", "export it under the name memory");
  if ((memoryFlags & sharedMemory) !== 0)
    return refused("its threads share its memory", "build it for one thread");
  return { kind: "command-module" };
}

const preview1 = "wasi_snapshot_preview1";
const sharedMemory = 2;
/** Core spec, binary format, external types. */
const kinds = { function: 0, table: 1, memory: 2, global: 3, tag: 4 } as const;

interface Import {
  readonly module: string;
  readonly name: string;
  /** The index of a function's type, undefined for what is no function. */
  readonly type: number | undefined;
}

interface Export {
  readonly name: string;
  readonly kind: number;
}

/** Why an import cannot be given to the module, if one cannot. */
function refusedImport(
  types: readonly DefinedType[],
  imports: readonly Import[],
): Classification | undefined {
  const foreign = new Set(imports.map(({ module }) => module));
  foreign.delete(preview1);
  if (foreign.has("wasi_unstable")) {
    return refused(
      "it was built for WASI preview 0",
      "build it for wasm32-wasip1 or wasm32-wasip2",
    );
  }
  if (foreign.size > 0) {
    return refused(
      `it imports ${[...foreign].map((name) => JSON.stringify(name)).join(", ")}, which is not WASI`,
      "build it for wasm32-wasip1 or wasm32-wasip2, with no other imports",
    );
  }
  const wrong = imports.find((imported) => !isOfPreview1(types, imported));
  return wrong === undefined
    ? undefined
    : refused(
        `it imports ${JSON.stringify(wrong.name)} of ${preview1}, which has no such function of that type`,
        "build it for wasm32-wasip1 or wasm32-wasip2",
      );
}

const functions: ReadonlyMap<string, string> = new Map(Object.entries(signatures));

function isOfPreview1(types: readonly DefinedType[], { name, type }: Import): boolean {
  const parameters = functions.get(name);
  if (type === undefined || parameters === undefined) return false;
  const defined = types[type];
  // Behind an object's type none is known, and a module with one is not run: `capHeap` says why.
  if (defined?.kind !== "function") return types.at(-1)?.kind === "object";
  return defined.parameters === parameters && defined.results === (name === "proc_exit" ? "" : "i");
}

function readImports(cursor: Cursor): Import[] {
  return Array.from({ length: cursor.count() }, () => ({
    module: cursor.text(),
    name: cursor.text(),
    type: readImportType(cursor),
  }));
}

function readExports(cursor: Cursor): Export[] {
  return Array.from({ length: cursor.count() }, () => {
    const exported = { name: cursor.text(), kind: cursor.byte() };
    cursor.count();
    return exported;
  });
}

function readImportType(cursor: Cursor): number | undefined {
  const kind = cursor.byte();
  switch (kind) {
    case kinds.function:
      return cursor.count();
    case kinds.table:
      readType(cursor);
      skipLimits(cursor);
      return undefined;
    case kinds.memory:
      skipLimits(cursor);
      return undefined;
    case kinds.global:
      readType(cursor);
      // Whether it can be changed.
      cursor.byte();
      return undefined;
    case kinds.tag:
      // An attribute.
      cursor.byte();
      cursor.count();
      return undefined;
    default:
      throw new RangeError(`an import is of the unknown kind ${kind}`);
  }
}

function skipLimits(cursor: Cursor): void {
  const flags = cursor.byte();
  cursor.unsigned();
  if ((flags & 1) !== 0) cursor.unsigned();
}

function refused(why: string, hint: string): Classification {
  return { kind: "refused", why, hint };
}
