import type { Cursor } from "./sections.ts";

/** A type that a module defines: a function's, one letter a value, or that of an object in the engine's own heap. */
export type DefinedType =
  | {
      readonly kind: "function";
      readonly parameters: string;
      readonly results: string;
      /** True if it equals any other with these values: it has no subtypes and is in no group. */
      readonly isPlain: boolean;
    }
  | { readonly kind: "object" };

/** Core spec, binary format, types: first bytes of defined types. */
const form = { function: 0x60, struct: 0x5f, array: 0x5e, sub: 0x50, finalSub: 0x4f, group: 0x4e };
const reference = { nullable: 0x63, plain: 0x64 };
const letters: ReadonlyMap<number, string> = new Map([
  [0x7f, "i"],
  [0x7e, "I"],
  [0x7d, "f"],
  [0x7c, "F"],
  [0x69, "e"],
]);

/**
 * Yields the types of a type section in order, up to the first object's. Throws RangeError for bytes that are no type.
 */
export function* definedTypes(cursor: Cursor): Generator<DefinedType> {
  let left = cursor.count();
  let grouped = 0;
  let isSub = false;
  while (left > 0) {
    const byte = cursor.byte();
    if (byte === form.struct || byte === form.array) {
      yield { kind: "object" };
      return;
    }
    if (byte === form.group) {
      grouped = cursor.count();
      left += grouped - 1;
    } else if (byte === form.sub || byte === form.finalSub) {
      for (let supertypes = cursor.count(); supertypes > 0; supertypes -= 1) cursor.count();
      isSub = true;
    } else if (byte === form.function) {
      const isPlain = !isSub && grouped === 0;
      yield {
        kind: "function",
        parameters: readTypes(cursor),
        results: readTypes(cursor),
        isPlain,
      };
      isSub = false;
      grouped = Math.max(grouped - 1, 0);
      left -= 1;
    } else {
      throw new RangeError("a type in the module has no known form");
    }
  }
}

/**
 * Reads one letter for each type: i32 is "i", i64 "I", f32 "f", f64 "F", a reference to an exception "e", every other
 * "?".
 */
function readTypes(cursor: Cursor): string {
  let types = "";
  for (let left = cursor.count(); left > 0; left -= 1) types += readType(cursor);
  return types;
}

/** Reads past a value type, and returns its letter. */
export function readType(cursor: Cursor): string {
  const first = cursor.byte();
  if (first !== reference.nullable && first !== reference.plain) return letters.get(first) ?? "?";
  const referred = cursor.byte();
  cursor.position -= 1;
  cursor.unsigned();
  return letters.get(referred) ?? "?";
}
