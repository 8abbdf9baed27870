import type { Cursor } from "./sections.ts";

/** An export of a core module; `kind` is one of `kinds`. */
export interface Export {
  readonly name: string;
  readonly kind: number;
  /** Its number among all of its kind; imported ones come first. */
  readonly index: number;
}

/** Reads the exports of an export section, in order. Throws RangeError if it ends in the middle of one. */
export function readExports(cursor: Cursor): Export[] {
  return Array.from({ length: cursor.count() }, () => ({
    name: cursor.text(),
    kind: cursor.byte(),
    index: cursor.count(),
  }));
}
