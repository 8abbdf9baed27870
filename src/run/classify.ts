import { Cursor, sectionId, sections } from "./sections.ts";

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
  let exportsStart = false;
  const foreign = new Set<string>();
  for (const section of sections(bytes)) {
    const cursor = new Cursor(bytes, section.contentStart);
    if (section.id === sectionId.import)
      for (const from of importedModules(cursor)) foreign.add(from);
    if (section.id === sectionId.export) exportsStart = exportedNames(cursor).includes("_start");
  }
  const usesPreview1 = foreign.delete("wasi_snapshot_preview1");
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
  if (!exportsStart) {
    return refused("it exports no _start", "build it as a command, not as a library");
  }
  if (!usesPreview1) {
    return refused(
      "it imports nothing of wasi_snapshot_preview1",
      "build it for wasm32-wasip1 or wasm32-wasip2",
    );
  }
  return { kind: "command-module" };
}

function* importedModules(cursor: Cursor): Generator<string> {
  for (let left = cursor.count(); left > 0; left -= 1) {
    yield cursor.text();
    cursor.text();
    skipImportType(cursor);
  }
}

function skipImportType(cursor: Cursor): void {
  const kind = cursor.byte();
  switch (kind) {
    case 0: // function: a type index
      cursor.count();
      return;
    case 1: // table: element type, limits
      cursor.byte();
      skipLimits(cursor);
      return;
    case 2: // memory
      skipLimits(cursor);
      return;
    case 3: // global: value type, mutability
      cursor.byte();
      cursor.byte();
      return;
    case 4: // tag: attribute, type index
      cursor.byte();
      cursor.count();
      return;
    default:
      throw new RangeError(`an import is of the unknown kind ${kind}`);
  }
}

function skipLimits(cursor: Cursor): void {
  const flags = cursor.byte();
  cursor.unsigned();
  if ((flags & 1) !== 0) cursor.unsigned();
}

function exportedNames(cursor: Cursor): string[] {
  const names: string[] = [];
  for (let left = cursor.count(); left > 0; left -= 1) {
    names.push(cursor.text());
    cursor.byte();
    cursor.count();
  }
  return names;
}

function refused(why: string, hint: string): Classification {
  return { kind: "refused", why, hint };
}
