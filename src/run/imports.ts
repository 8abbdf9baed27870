import { Cursor, sectionId, sections } from "./sections.ts";
import { type DefinedType, definedTypes, readType } from "./types.ts";

/** Core spec, binary format, external types. */
export const kinds = { function: 0, table: 1, memory: 2, global: 3, tag: 4 } as const;
const hasMaximum = 1;
const hasPageSize = 8;

export interface Import {
  readonly module: string;
  readonly name: string;
  /** The index of a function's type, undefined for what is no function. */
  readonly type: number | undefined;
}

/** The imports of an import section, in order. Throws RangeError for what is no import. */
export function readImports(cursor: Cursor): Import[] {
  return Array.from({ length: cursor.count() }, () => ({
    module: cursor.text(),
    name: cursor.text(),
    type: readImportType(cursor),
  }));
}

/**
 * The types of the functions that a core module imports and that a host can have: numbers, and one result at most. As
 * text: "iI>i" takes an i32 and an i64, and gives an i32. Throws RangeError when the bytes are not well-formed.
 */
export function importedCalls(module: Uint8Array): ReadonlySet<string> {
  let types: readonly DefinedType[] = [];
  const calls = new Set<string>();
  for (const section of sections(module)) {
    const cursor = new Cursor(module, section.contentStart);
    if (section.id === sectionId.type) types = [...definedTypes(cursor)];
    if (section.id !== sectionId.import) continue;
    for (const { type } of readImports(cursor)) {
      const defined = type === undefined ? undefined : types[type];
      if (defined?.kind !== "function") continue;
      const call = `${defined.parameters}>${defined.results}`;
      if (hostCall.test(call)) calls.add(call);
    }
  }
  return calls;
}

/** The component model's canonical ABI: sixteen parameters, and where the results go. */
const hostCall = /^[iIfF]{0,17}>[iIfF]?$/;

function readImportType(cursor: Cursor): number | undefined {
  const kind = cursor.byte();
  switch (kind) {
    case kinds.function:
      return cursor.count();
    case kinds.table:
      readType(cursor);
      readLimits(cursor);
      return undefined;
    case kinds.memory:
      readLimits(cursor);
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

/** Reads past the limits of a memory or table, and gives their flags. */
export function readLimits(cursor: Cursor): number {
  const flags = cursor.byte();
  cursor.unsigned();
  if ((flags & hasMaximum) !== 0) cursor.unsigned();
  if ((flags & hasPageSize) !== 0) cursor.unsigned();
  return flags;
}
