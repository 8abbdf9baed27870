import { readImports } from "../wasm/imports.ts";
import { Cursor, sectionId, sections } from "../wasm/sections.ts";
import type { NameCheck } from "./names.ts";

/** Component model, Binary.md, sorts; `core` is added to those of core modules. */
export const sort = {
  core: 0x100,
  function: 0x01,
  value: 0x02,
  type: 0x03,
  component: 0x04,
  instance: 0x05,
} as const;

const coreSorts: ReadonlySet<number> = new Set([0x00, 0x01, 0x02, 0x03, 0x04, 0x10, 0x11, 0x12]);

/** Reads a sort. */
export function sortOf(cursor: Cursor): number {
  const first = cursor.byte();
  if (first === 0) return sort.core + coreSortOf(cursor);
  if (first > sort.instance) throw new RangeError(`the component holds the unknown sort ${first}`);
  return first;
}

function coreSortOf(cursor: Cursor): number {
  const byte = cursor.byte();
  if (!coreSorts.has(byte)) throw new RangeError(`the component holds the unknown sort ${byte}`);
  return byte;
}

/** Reads past a core module, and checks the names that it imports and exports. */
export function readCoreModule(cursor: Cursor, end: number, names: NameCheck): void {
  const module = cursor.bytes.subarray(cursor.position, end);
  for (const { id, contentStart } of sections(module)) {
    const content = new Cursor(module, contentStart);
    if (id === sectionId.import)
      for (const imported of readImports(content)) {
        names.take("a module that a core module imports", imported.module);
        names.take("an import of a core module", imported.name);
      }
    if (id === sectionId.export)
      for (let left = content.count(); left > 0; left -= 1) {
        names.take("an export of a core module", content.text());
        content.byte();
        content.count();
      }
  }
  cursor.position = end;
}

/** Reads a section of instances of core modules. */
export function readCoreInstances(cursor: Cursor, names: NameCheck): void {
  for (let left = cursor.count(); left > 0; left -= 1) {
    const form = cursor.byte();
    if (form > 1) throw new RangeError("an instance of a core module has no known form");
    if (form === 0) cursor.count();
    for (let parts = cursor.count(); parts > 0; parts -= 1) {
      const place = form === 0 ? "an argument of a core module" : "an export of a core instance";
      names.take(place, cursor.text());
      coreSortOf(cursor);
      cursor.count();
    }
  }
}
