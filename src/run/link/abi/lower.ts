import { type AbiCall, allocate, memoryOf, trap } from "./abi.ts";
import { Channel, ErrorContext, ReadableEnd } from "./channel.ts";
import { mostListed, widenedTo } from "./lift.ts";
import { ResourceHandle } from "./resource-handle.ts";
import { type ValueType, discriminantBytes } from "./value-types.ts";

type Cases = ValueType & { readonly kind: "variant" | "option" | "result" | "enum" };

/** Appends a JavaScript value to flat values. */
export function lowerFlat(
  call: AbiCall,
  type: ValueType,
  value: unknown,
  flat: (number | bigint)[],
): void {
  switch (type.kind) {
    case "u64":
    case "s64":
      flat.push(BigInt.asIntN(64, bigOf(value)));
      return;
    case "string": {
      const [pointer, length] = storeText(call, value);
      flat.push(pointer | 0, length | 0);
      return;
    }
    case "record":
    case "tuple":
      type.fields.forEach((field, at) =>
        lowerFlat(call, field.type, memberOf(type.kind, value, field.key, at), flat),
      );
      return;
    case "list": {
      if (type.length !== undefined) {
        for (const element of listOf(value, type.length))
          lowerFlat(call, type.element, element, flat);
        return;
      }
      const [pointer, length] = storeList(call, type.element, value);
      flat.push(pointer | 0, length | 0);
      return;
    }
    case "variant":
    case "option":
    case "result":
    case "enum": {
      const { index, payload } = caseOf(type, value);
      const own: (number | bigint)[] = [];
      const taken = type.cases[index]?.type;
      if (taken !== undefined) lowerFlat(call, taken, payload, own);
      const whole = (type.flat ?? []).slice(1);
      flat.push(index);
      whole.forEach((have, at) => {
        const part = own[at];
        const zero = have === "i64" ? 0n : 0;
        flat.push(part === undefined ? zero : widenedTo(have, taken?.flat?.[at] ?? have, part));
      });
      return;
    }
    case "bool":
    case "s8":
    case "u8":
    case "s16":
    case "u16":
    case "s32":
    case "u32":
    case "f32":
    case "f64":
    case "char":
    case "flags":
    case "own":
    case "borrow":
    case "stream":
    case "future":
    case "error-context":
      flat.push(scalarOf(call, type, value));
  }
}

/** Stores a JavaScript value in memory, at a checked place. */
export function store(call: AbiCall, type: ValueType, value: unknown, pointer: number): void {
  switch (type.kind) {
    case "u64":
    case "s64":
      memoryOf(call).view.setBigInt64(pointer, BigInt.asIntN(64, bigOf(value)), true);
      return;
    case "f32":
      memoryOf(call).view.setFloat32(pointer, Number(value), true);
      return;
    case "f64":
      memoryOf(call).view.setFloat64(pointer, Number(value), true);
      return;
    case "string":
      storePair(call, pointer, storeText(call, value));
      return;
    case "record":
    case "tuple":
      type.fields.forEach((field, at) =>
        store(call, field.type, memberOf(type.kind, value, field.key, at), pointer + field.offset),
      );
      return;
    case "list":
      if (type.length === undefined) storePair(call, pointer, storeList(call, type.element, value));
      else storeElements(call, type.element, listOf(value, type.length), pointer);
      return;
    case "variant":
    case "option":
    case "result":
    case "enum": {
      const { index, payload } = caseOf(type, value);
      writeNumber(call, pointer, discriminantBytes(type.cases.length), index);
      const taken = type.cases[index]?.type;
      if (taken !== undefined) store(call, taken, payload, pointer + type.payload);
      return;
    }
    case "bool":
    case "s8":
    case "u8":
    case "s16":
    case "u16":
    case "s32":
    case "u32":
    case "char":
    case "flags":
    case "own":
    case "borrow":
    case "stream":
    case "future":
    case "error-context":
      writeNumber(call, pointer, type.size, scalarOf(call, type, value));
  }
}

/** Stores elements of a stream or list in memory, at a checked place. */
export function storeElements(
  call: AbiCall,
  element: ValueType,
  values: ArrayLike<unknown>,
  pointer: number,
): void {
  if (element.kind === "u8" && values instanceof Uint8Array) {
    memoryOf(call).bytes.set(values, pointer);
    return;
  }
  for (let at = 0; at < values.length; at += 1)
    store(call, element, values[at], pointer + at * element.size);
}

function scalarOf(
  call: AbiCall,
  type: Exclude<ValueType, Cases | { readonly kind: "record" | "tuple" | "list" }>,
  value: unknown,
): number {
  switch (type.kind) {
    case "bool":
      return value === true || value === 1 ? 1 : 0;
    case "char":
      return String(value).codePointAt(0) ?? 0;
    case "flags":
      return type.keys.reduce(
        (bits, key, at) => (fieldOf(value, key) === true ? bits | (1 << at) : bits),
        0,
      );
    case "own":
    case "borrow":
      return lowerResource(call, type, value);
    case "stream":
    case "future": {
      if (!(value instanceof Channel) || (value.type ??= type) !== type)
        throw trap(`no ${type.kind} of its type where one is returned`);
      return call.home.handles.add(new ReadableEnd(value));
    }
    case "error-context":
      if (!(value instanceof ErrorContext)) throw trap("no error context");
      return call.home.handles.add(value);
    case "f32":
    case "f64":
      return Number(value);
    case "u64":
    case "s64":
    case "string":
      throw new Error(`a ${type.kind} is no core number`);
    case "s8":
    case "u8":
    case "s16":
    case "u16":
    case "s32":
    case "u32": {
      if (typeof value !== "number") throw trap(`no number where ${type.kind} is`);
      return value | 0;
    }
  }
}

function lowerResource(
  call: AbiCall,
  { kind, resource }: ValueType & { readonly kind: "own" | "borrow" },
  value: unknown,
): number {
  const { home } = call;
  if (kind === "own") return home.handles.add(new ResourceHandle(resource, value));
  // A resource's own component gets its representation.
  if (resource.owner === home) return Number(value);
  const index = home.handles.add(new ResourceHandle(resource, value, call.lending));
  call.lending.borrowed += 1;
  return index;
}

/** Returns where a text begins, and its length in code units of its encoding. */
function storeText(call: AbiCall, value: unknown): readonly [number, number] {
  if (typeof value !== "string") throw trap("no text where a string is");
  if (call.encoding === "utf8") {
    const bytes = Buffer.from(value.toWellFormed(), "utf8");
    return [storeBytes(call, bytes, 1), bytes.length];
  }
  const bytes = Buffer.from(value.toWellFormed(), "utf16le");
  const pointer = storeBytes(call, bytes, 2);
  const units = bytes.length / 2;
  return [pointer, call.encoding === "utf16" ? units : units + 2 ** 31];
}

function storeBytes(call: AbiCall, bytes: Uint8Array, align: number): number {
  const pointer = allocate(call, bytes.length, align);
  memoryOf(call).bytes.set(bytes, pointer);
  return pointer;
}

function storeList(call: AbiCall, element: ValueType, value: unknown): readonly [number, number] {
  const values = listOf(value, undefined);
  if (!(values instanceof Uint8Array) && values.length > mostListed)
    throw trap("a list has too many elements");
  const pointer = allocate(call, values.length * element.size, element.align);
  storeElements(call, element, values, pointer);
  return [pointer, values.length];
}

function storePair(call: AbiCall, at: number, [pointer, length]: readonly [number, number]): void {
  const { view } = memoryOf(call);
  view.setUint32(at, pointer, true);
  view.setUint32(at + 4, length, true);
}

function writeNumber(call: AbiCall, pointer: number, size: number, value: number): void {
  const { view } = memoryOf(call);
  if (size === 1) view.setUint8(pointer, value & 0xff);
  else if (size === 2) view.setUint16(pointer, value & 0xffff, true);
  else view.setInt32(pointer, value | 0, true);
}

function listOf(value: unknown, length: number | undefined): readonly unknown[] | Uint8Array {
  const list = value instanceof Uint32Array ? [...value] : value;
  if (!(list instanceof Uint8Array) && !Array.isArray(list)) throw trap("no list where one is");
  if (length !== undefined && list.length !== length) throw trap("a list of another length");
  return list;
}

/** Returns the number and payload of a case, from a value in jco's form. */
function caseOf(
  type: Cases,
  value: unknown,
): { readonly index: number; readonly payload: unknown } {
  if (type.kind === "option" && type.cases[1]?.type?.kind !== "option")
    return { index: value === undefined ? 0 : 1, payload: value };
  const name = type.kind === "enum" ? value : fieldOf(value, "tag");
  const index = type.cases.findIndex((one) => one.name === name);
  if (index < 0) throw trap(`no case ${String(name)} of a ${type.kind}`);
  return { index, payload: type.kind === "enum" ? undefined : fieldOf(value, "val") };
}

function memberOf(kind: "record" | "tuple", value: unknown, key: string, at: number): unknown {
  return fieldOf(value, kind === "tuple" ? at : key);
}

function fieldOf(value: unknown, key: string | number): unknown {
  if (typeof value !== "object" || value === null) throw trap("no object where one is");
  return Reflect.get(value, key);
}

function bigOf(value: unknown): bigint {
  if (typeof value !== "bigint") throw trap("no 64-bit number where one is");
  return value;
}
