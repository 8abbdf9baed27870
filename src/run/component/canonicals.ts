import type { Cursor } from "../wasm/sections.ts";

// Component model, Binary.md, canonical definitions.
const lift = 0x00;
const lower = 0x01;
const served: ReadonlySet<number> = new Set([0x02, 0x03, 0x04]);

/** Names, in the text format, of definitions that a component of 0.2 does not need: all serve async code. */
export const unservedNames: ReadonlyMap<number, string> = new Map([
  [0x05, "task.cancel"],
  [0x06, "subtask.cancel"],
  [0x07, "resource.drop async"],
  [0x08, "backpressure.set"],
  [0x09, "task.return"],
  [0x0a, "context.get"],
  [0x0b, "context.set"],
  [0x0c, "thread.yield"],
  [0x0d, "subtask.drop"],
  [0x0e, "stream.new"],
  [0x0f, "stream.read"],
  [0x10, "stream.write"],
  [0x11, "stream.cancel-read"],
  [0x12, "stream.cancel-write"],
  [0x13, "stream.drop-readable"],
  [0x14, "stream.drop-writable"],
  [0x15, "future.new"],
  [0x16, "future.read"],
  [0x17, "future.write"],
  [0x18, "future.cancel-read"],
  [0x19, "future.cancel-write"],
  [0x1a, "future.drop-readable"],
  [0x1b, "future.drop-writable"],
  [0x1c, "error-context.new"],
  [0x1d, "error-context.debug-message"],
  [0x1e, "error-context.drop"],
  [0x1f, "waitable-set.new"],
  [0x20, "waitable-set.wait"],
  [0x21, "waitable-set.poll"],
  [0x22, "waitable-set.drop"],
  [0x23, "waitable.join"],
  [0x24, "backpressure.inc"],
  [0x25, "backpressure.dec"],
  [0x26, "thread.index"],
  [0x27, "thread.new-indirect"],
  [0x28, "thread.switch-to"],
  [0x29, "thread.suspend"],
  [0x2a, "thread.resume-later"],
  [0x2b, "thread.yield-to"],
  [0x40, "thread.spawn-ref"],
  [0x41, "thread.spawn-indirect"],
  [0x42, "thread.available-parallelism"],
]);

/** Options of lift and lower that are served; the others have one number, or none. */
const optionOf = { memory: 0x03, realloc: 0x04, postReturn: 0x05, async: 0x06, callback: 0x07 };
const encodings: ReadonlySet<number> = new Set([0x00, 0x01, 0x02]);
const withIndex: ReadonlySet<number> = new Set([
  optionOf.memory,
  optionOf.realloc,
  optionOf.postReturn,
]);

/**
 * Reads a section of canonical definitions, and adds those that are not served to `unserved`. Returns false if it stops
 * at one before the section's end.
 */
export function readCanonicals(cursor: Cursor, unserved: Set<string>): boolean {
  for (let left = cursor.count(); left > 0; left -= 1) {
    const wrong = readCanonical(cursor);
    if (wrong === undefined) continue;
    unserved.add(wrong);
    return false;
  }
  return true;
}

/** Reads one definition. Returns the part that is not served; reading stopped there. */
function readCanonical(cursor: Cursor): string | undefined {
  const kind = cursor.byte();
  if (served.has(kind)) {
    cursor.count();
    return undefined;
  }
  if (kind !== lift && kind !== lower)
    return unservedNames.get(kind) ?? `the unknown built-in function ${kind}`;
  if (cursor.byte() !== 0) throw new RangeError("a canonical function has no known form");
  cursor.count();
  for (let left = cursor.count(); left > 0; left -= 1) {
    const option = cursor.byte();
    if (withIndex.has(option)) cursor.count();
    else if (!encodings.has(option))
      return option === optionOf.async || option === optionOf.callback
        ? "async functions"
        : `the unknown option ${option} of a function`;
  }
  if (kind === lift) cursor.count();
  return undefined;
}
