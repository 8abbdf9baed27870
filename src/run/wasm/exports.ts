import type { Cursor } from "./sections.ts";

/** What a core module exports; `kind` is one of `kinds`. */
export interface Export {
  readonly name: string;
  readonly kind: number;
  /** Its number among all of its kind, those that are imported first. */
  readonly index: number;
}

/** Reads the exports of an export section, in order. Throws RangeError where it ends in the middle of one. */
export function readExports(cursor: Cursor): Export[] {
  return Array.from({ length: cursor.count() }, () => ({
    name: cursor.text(),
    kind: cursor.byte(),
    index: cursor.count(),
  }));
}
