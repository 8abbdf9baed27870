import type { LinearMemory } from "./linear-memory.ts";

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
/** Decodes texts that are cut, perhaps in the middle of a character. */
const lenientDecoder = new TextDecoder("utf-8", { ignoreBOM: true });

/**
 * Reads a text of a guest's; undefined if its bytes are no UTF-8. Of one longer than `mostBytes` the caller gets only a
 * beginning, which is too long as well. Traps for a text outside of memory.
 */
export function textIn(
  memory: LinearMemory,
  pointer: number,
  length: number,
  mostBytes: number,
): string | undefined {
  const start = pointer >>> 0;
  const size = length >>> 0;
  memory.check(start, size);
  const end = start + Math.min(size, mostBytes + 1);
  const bytes = memory.all();
  if (isAscii(bytes, start, end)) return bytes.toString("latin1", start, end);
  try {
    return (size > mostBytes ? lenientDecoder : decoder).decode(bytes.subarray(start, end));
  } catch {
    return undefined;
  }
}

function isAscii(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at += 1) if ((bytes[at] ?? 0) > 0x7f) return false;
  return true;
}
