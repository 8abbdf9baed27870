import type { Cursor } from "./sections.ts";
import { readType } from "./types.ts";

/** Core spec, binary format, external types. */
export const kinds = { function: 0, table: 1, memory: 2, global: 3, tag: 4 } as const;
const hasMaximum = 1;
const hasPageSize = 8;

export interface Import {
  readonly module: string;
  readonly name: string;
  /** One of `kinds`. */
  readonly kind: number;
  /** The index of a function's type, undefined for all else. */
  readonly type: number | undefined;
}

/** Reads the imports of an import section, in order. Throws RangeError for bytes that are no import. */
export function readImports(cursor: Cursor): Import[] {
  return Array.from({ length: cursor.count() }, () => ({
    module: cursor.text(),
    name: cursor.text(),
    ...readImported(cursor),
  }));
}

function readImported(cursor: Cursor): Pick<Import, "kind" | "type"> {
  const kind = cursor.byte();
  return { kind, type: readImportType(cursor, kind) };
}

function readImportType(cursor: Cursor, kind: number): number | undefined {
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
      // Mutability.
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

/** Reads past the limits of a memory or table, and returns their flags. */
export function readLimits(cursor: Cursor): number {
  const flags = cursor.byte();
  cursor.unsigned();
  if ((flags & hasMaximum) !== 0) cursor.unsigned();
  if ((flags & hasPageSize) !== 0) cursor.unsigned();
  return flags;
}
