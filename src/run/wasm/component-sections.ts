import type { Cursor } from "./sections.ts";

// Component model, Binary.md: the ids of a component's sections.
export const sectionId = {
  custom: 0,
  coreModule: 1,
  coreInstance: 2,
  coreType: 3,
  component: 4,
  instance: 5,
  alias: 6,
  type: 7,
  canonical: 8,
  start: 9,
  import: 10,
  export: 11,
  value: 12,
} as const;

const preamble = [0x00, 0x61, 0x73, 0x6d, 0x0d, 0x00, 0x01, 0x00];
const mostNested = 100;

/**
 * Reads a component that ends at `end` and stands in `depth` others, section by section: `read` must leave the cursor at
 * the end of its section. Throws RangeError if the component is not well-formed.
 */
export function readSections(
  cursor: Cursor,
  end: number,
  depth: number,
  read: (id: number, sectionEnd: number) => void,
): void {
  if (depth > mostNested) throw new RangeError("its components are nested too deeply");
  if (preamble.some((byte) => cursor.byte() !== byte))
    throw new RangeError("the version of its component format is unknown");
  while (cursor.position < end) {
    const id = cursor.byte();
    const length = cursor.count();
    const sectionEnd = cursor.position + length;
    if (sectionEnd > end) throw new RangeError("a section reaches past the end of its component");
    read(id, sectionEnd);
    if (cursor.position !== sectionEnd)
      throw new RangeError("a section does not end where it should");
  }
}
