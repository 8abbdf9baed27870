import {
  type BufferOwner,
  Cursor,
  sectionId,
  sections,
  unsigned,
  withContent,
} from "./sections.ts";
import { type DefinedType, definedTypes, readType } from "./types.ts";

/** A module that can take little of the engine's own heap, or why it could take any amount. */
export type HeapCapped =
  | { readonly module: Uint8Array<ArrayBuffer> }
  | { readonly why: string; readonly hint: string };

/** Elements that a guest's tables may have together: each takes eight bytes of the engine's heap. */
const mostElements = 1_000_000;
/** Values that an exception may hold: as many exceptions as the stack has room for live at once. */
const mostThrown = 16;

/** Needs of a module's tables: their number, and their initial elements. */
export interface TableNeeds {
  readonly tables: number;
  readonly elements: bigint;
}

/** Returns the needs of the tables of several core modules together. Throws RangeError if one is not well-formed. */
export function tableNeeds(modules: Iterable<Uint8Array>): TableNeeds {
  let tables = 0;
  let elements = 0n;
  for (const module of modules)
    for (const { id, contentStart } of sections(module)) {
      if (id !== sectionId.table) continue;
      for (const { minimum } of readTables(new Cursor(module, contentStart))) {
        tables += 1;
        elements += minimum;
      }
    }
  return { tables, elements };
}

/**
 * Rewrites the maximum of every table that a core module defines, so that the guest's tables, which `all` describes,
 * have no more than a million elements together. Refuses modules that make objects of their own, or keep exceptions,
 * each of which may hold the one before, or a great deal: they live in the engine's heap, which no limit on linear
 * memory bounds, and which ends the process when full.
 */
export function capHeap(
  module: Uint8Array<ArrayBuffer>,
  all: TableNeeds = tableNeeds([module]),
  owner: BufferOwner = "others",
): HeapCapped {
  let types: readonly DefinedType[] = [];
  for (const section of sections(module)) {
    const cursor = new Cursor(module, section.contentStart);
    if (section.id === sectionId.type) types = [...definedTypes(cursor)];
    if (section.id === sectionId.type && types.at(-1)?.kind === "object")
      return {
        why: "it keeps objects outside of its linear memory, where no limit applies",
        hint: "build it without WebAssembly's garbage collection",
      };
    if (section.id === sectionId.tag && holdMuch(cursor, types)) return keepsExceptions;
  }
  return capTables(module, all, owner);
}

function capTables(
  module: Uint8Array<ArrayBuffer>,
  all: TableNeeds,
  owner: BufferOwner,
): HeapCapped {
  for (const section of sections(module)) {
    if (section.id !== sectionId.table) continue;
    const cursor = new Cursor(module, section.contentStart);
    const tables = readTables(cursor);
    if (tables.some(({ element }) => element === exception)) return keepsExceptions;
    if (all.elements > BigInt(mostElements))
      return {
        why: `its tables need ${all.elements} elements to start, the most is ${mostElements}`,
        hint: "split it into smaller programs",
      };
    const share = (BigInt(mostElements) - all.elements) / BigInt(Math.max(all.tables, 1));
    const content = [
      ...unsigned(BigInt(tables.length)),
      ...tables.flatMap((table) => encode(table, table.minimum + share)),
    ];
    return { module: withContent(module, section, content, owner) };
  }
  return { module };
}

/** The letter that `readType` returns. */
const exception = "e";
const keepsExceptions = {
  why: "it keeps exceptions outside of its linear memory, where no limit applies",
  hint: "build it without tags and tables that hold exceptions, and tags that hold many values",
} as const;
const hasMaximum = 1;
const withInitialValue = 0x40;
const instruction = { end: 0x0b, globalGet: 0x23, refNull: 0xd0, refFunc: 0xd2 };

/** Tells if an exception with one of the tags holds an exception, or many values. */
function holdMuch(cursor: Cursor, types: readonly DefinedType[]): boolean {
  for (let left = cursor.count(); left > 0; left -= 1) {
    // An attribute.
    cursor.byte();
    const type = types[cursor.count()];
    if (type?.kind !== "function") continue;
    if (type.parameters.length > mostThrown || type.parameters.includes(exception)) return true;
  }
  return false;
}

interface Table {
  /** All bytes before its limits. */
  readonly type: Uint8Array;
  /** The letter of its elements' type. */
  readonly element: string;
  readonly flags: number;
  readonly minimum: bigint;
  readonly maximum: bigint | undefined;
  /** The initial value, if it has one. */
  readonly value: Uint8Array;
}

function readTables(cursor: Cursor): readonly Table[] {
  return Array.from({ length: cursor.count() }, () => readTable(cursor));
}

function readTable(cursor: Cursor): Table {
  const start = cursor.position;
  const first = cursor.byte();
  const isInitialised = first === withInitialValue;
  if (isInitialised) cursor.byte();
  else cursor.position = start;
  const element = readType(cursor);
  const type = cursor.bytes.subarray(start, cursor.position);
  const flags = cursor.byte();
  const minimum = cursor.unsigned();
  const maximum = (flags & hasMaximum) === 0 ? undefined : cursor.unsigned();
  const from = cursor.position;
  if (isInitialised) skipValue(cursor);
  return {
    type,
    element,
    flags,
    minimum,
    maximum,
    value: cursor.bytes.subarray(from, cursor.position),
  };
}

function skipValue(cursor: Cursor): void {
  for (let byte = cursor.byte(); byte !== instruction.end; byte = cursor.byte()) {
    if (
      byte !== instruction.globalGet &&
      byte !== instruction.refNull &&
      byte !== instruction.refFunc
    ) {
      throw new RangeError("a table of the module begins with a value that is computed");
    }
    cursor.unsigned();
  }
}

function encode({ type, flags, minimum, maximum, value }: Table, allowed: bigint): number[] {
  const most = maximum !== undefined && maximum < allowed ? maximum : allowed;
  return [...type, flags | hasMaximum, ...unsigned(minimum), ...unsigned(most), ...value];
}
