import { Cursor, sectionId, sections } from "./sections.ts";

/**
 * Returns a core module in pieces without its debugging information (DWARF), which nothing here reads and which is
 * often half of it. Core spec, custom sections: they do not affect execution. A module that is not well-formed is
 * returned whole.
 */
export function withoutDebug(module: Uint8Array): readonly Uint8Array[] {
  const pieces: Uint8Array[] = [];
  let from = 0;
  try {
    for (const { id, start, contentStart, end } of sections(module)) {
      if (id !== sectionId.custom || !isDebug(module.subarray(contentStart, end))) continue;
      pieces.push(module.subarray(from, start));
      from = end;
    }
  } catch (error) {
    if (error instanceof RangeError) return [module];
    throw error;
  }
  return [...pieces, module.subarray(from)];
}

function isDebug(content: Uint8Array): boolean {
  return new Cursor(content).text().startsWith(".debug_");
}
