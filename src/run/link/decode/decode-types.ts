import type { Cursor } from "../../wasm/sections.ts";
import type {
  Alias,
  CoreSort,
  Declaration,
  Description,
  Primitive,
  Sort,
  TypeCode,
  ValueCode,
} from "./code.ts";

// Component model, Binary.md, type definitions.
const primitives: ReadonlyMap<number, Primitive> = new Map([
  [0x7f, "bool"],
  [0x7e, "s8"],
  [0x7d, "u8"],
  [0x7c, "s16"],
  [0x7b, "u16"],
  [0x7a, "s32"],
  [0x79, "u32"],
  [0x78, "s64"],
  [0x77, "u64"],
  [0x76, "f32"],
  [0x75, "f64"],
  [0x74, "char"],
  [0x73, "string"],
  [0x64, "error-context"],
]);
/** Smaller numbers do not begin a type definition. */
const firstForm = 0x63;
const lastForm = 0x7f;
const mostNested = 100;

const coreSorts: ReadonlyMap<number, CoreSort> = new Map([
  [0x00, "core func"],
  [0x01, "core table"],
  [0x02, "core memory"],
  [0x03, "core global"],
  [0x04, "core tag"],
  [0x10, "core type"],
  [0x11, "core module"],
  [0x12, "core instance"],
]);
const sorts: ReadonlyMap<number, Sort> = new Map([
  [0x01, "func"],
  [0x02, "value"],
  [0x03, "type"],
  [0x04, "component"],
  [0x05, "instance"],
]);

/** Reports a part of a component that is not served, by its name. */
export class UnservedError extends Error {
  override readonly name = "UnservedError";
}

export function readVector<T>(cursor: Cursor, read: () => T): T[] {
  const items: T[] = [];
  for (let left = cursor.count(); left > 0; left -= 1) items.push(read());
  return items;
}

export function readCoreSort(cursor: Cursor): CoreSort {
  const byte = cursor.byte();
  const sort = coreSorts.get(byte);
  if (sort === undefined) throw new RangeError(`the component holds the unknown sort ${byte}`);
  return sort;
}

export function readSort(cursor: Cursor): Sort {
  const byte = cursor.byte();
  if (byte === 0) return readCoreSort(cursor);
  const sort = sorts.get(byte);
  if (sort === undefined) throw new RangeError(`the component holds the unknown sort ${byte}`);
  return sort;
}

export function readAlias(cursor: Cursor): Alias {
  const sort = readSort(cursor);
  const target = cursor.byte();
  const index = cursor.count();
  switch (target) {
    case 0:
      return { sort, of: "export", instance: index, name: cursor.text() };
    case 1:
      return { sort, of: "core export", instance: index, name: cursor.text() };
    case 2:
      return { sort, of: "outer", depth: index, index: cursor.count() };
    default:
      throw new RangeError("an alias of the component has no known form");
  }
}

/** Reads the name of an import or an export. */
export function readExternalName(cursor: Cursor): string {
  if (cursor.byte() > 1) throw new RangeError("a name in the component has no known form");
  return cursor.text();
}

export function readDescription(cursor: Cursor): Description {
  const kind = cursor.byte();
  switch (kind) {
    case 0:
      if (cursor.byte() !== 0x11) throw new RangeError("a core thing has no known form");
      cursor.count();
      return { kind: "core module" };
    case 1:
      return { kind: "func", type: cursor.count() };
    case 2:
      throw new UnservedError("values of components");
    case 3: {
      const bound = cursor.byte();
      if (bound > 1) throw new RangeError("a type in the component has no known form");
      return bound === 0 ? { kind: "type", same: cursor.count() } : { kind: "resource" };
    }
    case 4:
      return { kind: "component", type: cursor.count() };
    case 5:
      return { kind: "instance", type: cursor.count() };
    default:
      throw new RangeError(`a thing in the component is of the unknown kind ${kind}`);
  }
}

/** Reads a type's definition. */
export function readType(cursor: Cursor, depth = 0): TypeCode {
  if (depth > mostNested) throw new RangeError("its types are nested too deeply");
  const form = cursor.byte();
  switch (form) {
    case 0x40:
    case 0x43: {
      const parameters = readVector(cursor, () => {
        cursor.text();
        return readValueType(cursor, depth);
      });
      return { kind: "function", isAsync: form === 0x43, parameters, result: readResult(cursor) };
    }
    case 0x41:
      readDeclarations(cursor, depth);
      return { kind: "component" };
    case 0x42:
      return { kind: "instance", declarations: readDeclarations(cursor, depth) };
    case 0x3f: {
      if (cursor.byte() !== 0x7f)
        throw new RangeError("a resource of the component is no 32-bit number");
      return { kind: "resource", destructor: readOptional(cursor, () => cursor.count()) };
    }
    case 0x3e:
      throw new UnservedError("destructors that are async");
    default:
      return readForm(cursor, form, depth);
  }
}

/** Reads a type's number, or an inline type. */
export function readValueType(cursor: Cursor, depth = 0): ValueCode {
  const start = cursor.position;
  const first = cursor.byte();
  if (first >= firstForm && first <= lastForm) return readForm(cursor, first, depth);
  cursor.position = start;
  const index = cursor.count();
  const last = cursor.bytes[cursor.position - 1] ?? 0;
  if ((last & 0x40) !== 0) throw new RangeError("a type in the component has no known form");
  return { kind: "index", index };
}

/** Reads the result of a function, if it has one. */
export function readResult(cursor: Cursor): ValueCode | undefined {
  const form = cursor.byte();
  if (form === 0) return readValueType(cursor);
  if (form !== 1 || cursor.count() !== 0)
    throw new RangeError("a function of the component has results with names");
  return undefined;
}

function readForm(cursor: Cursor, form: number, depth: number): ValueCode {
  if (depth > mostNested) throw new RangeError("its types are nested too deeply");
  const primitive = primitives.get(form);
  if (primitive !== undefined) return { kind: "primitive", primitive };
  const value = (): ValueCode => readValueType(cursor, depth + 1);
  switch (form) {
    case 0x72:
      return {
        kind: "record",
        members: readVector(cursor, () => ({ name: cursor.text(), type: value() })),
      };
    case 0x71:
      return {
        kind: "variant",
        members: readVector(cursor, () => {
          const name = cursor.text();
          const type = readOptional(cursor, value);
          // Earlier versions let a case refine another.
          readOptional(cursor, () => cursor.count());
          return { name, type };
        }),
      };
    case 0x70:
      return { kind: "list", element: value(), length: undefined };
    case 0x67:
      return { kind: "list", element: value(), length: cursor.count() };
    case 0x6f:
      return { kind: "tuple", types: readVector(cursor, value) };
    case 0x6e:
    case 0x6d:
      return {
        kind: form === 0x6e ? "flags" : "enum",
        members: readVector(cursor, () => ({ name: cursor.text(), type: undefined })),
      };
    case 0x6b:
      return { kind: "option", element: value() };
    case 0x6a: {
      const ok = readOptional(cursor, value);
      return { kind: "result", ok, err: readOptional(cursor, value) };
    }
    case 0x69:
    case 0x68:
      return { kind: form === 0x69 ? "own" : "borrow", resource: cursor.count() };
    case 0x66:
    case 0x65:
      return {
        kind: form === 0x66 ? "stream" : "future",
        element: readOptional(cursor, value),
      };
    case 0x63:
      throw new UnservedError("maps");
    default:
      throw new RangeError(`a type in the component has the unknown form ${form}`);
  }
}

function readDeclarations(cursor: Cursor, depth: number): readonly Declaration[] {
  return readVector(cursor, (): Declaration => {
    const kind = cursor.byte();
    switch (kind) {
      case 0:
        throw new UnservedError("types of core modules");
      case 1:
        return { kind: "type", type: readType(cursor, depth + 1) };
      case 2:
        return { kind: "alias", alias: readAlias(cursor) };
      case 3:
      case 4: {
        const name = readExternalName(cursor);
        return { kind: "export", name, description: readDescription(cursor) };
      }
      default:
        throw new RangeError("a type in the component has no known form");
    }
  });
}

function readOptional<T>(cursor: Cursor, read: () => T): T | undefined {
  const flag = cursor.byte();
  if (flag > 1) throw new RangeError("a type in the component has no known form");
  return flag === 1 ? read() : undefined;
}
