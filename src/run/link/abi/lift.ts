import { type AbiCall, memoryOf, trap } from "./abi.ts";
import { type Channel, ErrorContext, ReadableEnd } from "./channel.ts";
import { type LiftRoom, mostTextBytes } from "./lift-room.ts";
import { ResourceHandle } from "./resource-handle.ts";
import { type CoreType, type ValueType, discriminantBytes, joinOf } from "./value-types.ts";

/** The most elements of a list of a fixed length, and of one that is lowered. */
export const mostListed = 1_000_000;

/** A call whose values are taken from a guest. */
export interface LiftCall extends AbiCall {
  readonly room: LiftRoom;
}

/** Flat values of a call, read one after another. */
export class Flat {
  readonly #values: readonly unknown[];
  #at = 0;

  constructor(values: readonly unknown[]) {
    this.#values = values;
  }

  next(): number | bigint {
    const value = this.#values[this.#at];
    this.#at += 1;
    if (typeof value === "number" || typeof value === "bigint") return value;
    throw trap("a call has too few values");
  }

  i32(): number {
    return Number(this.next()) | 0;
  }

  skip(count: number): void {
    this.#at += count;
  }
}

/** Converts flat values to a JavaScript value. */
export function liftFlat(call: LiftCall, type: ValueType, flat: Flat): unknown {
  switch (type.kind) {
    case "bool":
      return flat.i32() !== 0;
    case "u8":
      return flat.i32() & 0xff;
    case "u16":
      return flat.i32() & 0xffff;
    case "u32":
      return flat.i32() >>> 0;
    case "s8":
      return (flat.i32() << 24) >> 24;
    case "s16":
      return (flat.i32() << 16) >> 16;
    case "s32":
      return flat.i32();
    case "u64":
      return BigInt.asUintN(64, BigInt(flat.next()));
    case "s64":
      return BigInt.asIntN(64, BigInt(flat.next()));
    case "f32":
    case "f64":
      return Number(flat.next());
    case "char":
      return charOf(flat.i32() >>> 0);
    case "string":
      return textAt(call, flat.i32() >>> 0, flat.i32() >>> 0);
    case "record":
    case "tuple":
      return assembled(type, (field) => liftFlat(call, field, flat));
    case "flags":
      return flagsOf(type.keys, flat.i32() >>> 0);
    case "list":
      if (type.length === undefined)
        return listAt(call, type.element, flat.i32() >>> 0, flat.i32() >>> 0);
      return fixedList(type.element, type.length, () => liftFlat(call, type.element, flat));
    case "variant":
    case "option":
    case "result":
    case "enum": {
      const index = flat.i32() >>> 0;
      const taken = type.cases[index];
      if (taken === undefined) throw trap("unknown case of a variant");
      const whole = (type.flat ?? []).slice(1);
      const own = taken.type?.flat ?? [];
      const narrowed = own.map((want, at) => narrowedFrom(want, whole[at] ?? want, flat.next()));
      flat.skip(whole.length - own.length);
      return caseOf(type, index, () =>
        taken.type === undefined ? undefined : liftFlat(call, taken.type, new Flat(narrowed)),
      );
    }
    case "own":
    case "borrow":
      return liftResource(call, type, flat.i32());
    case "stream":
    case "future":
      return liftChannel(call, type, flat.i32());
    case "error-context":
      return call.home.handles.get(flat.i32(), ErrorContext);
  }
}

/** Converts a value in memory, at a checked place, to a JavaScript value. */
export function load(call: LiftCall, type: ValueType, pointer: number): unknown {
  const { view } = memoryOf(call);
  switch (type.kind) {
    case "bool":
      return view.getUint8(pointer) !== 0;
    case "u8":
      return view.getUint8(pointer);
    case "u16":
      return view.getUint16(pointer, true);
    case "u32":
      return view.getUint32(pointer, true);
    case "s8":
      return view.getInt8(pointer);
    case "s16":
      return view.getInt16(pointer, true);
    case "s32":
      return view.getInt32(pointer, true);
    case "u64":
      return view.getBigUint64(pointer, true);
    case "s64":
      return view.getBigInt64(pointer, true);
    case "f32":
      return view.getFloat32(pointer, true);
    case "f64":
      return view.getFloat64(pointer, true);
    case "char":
      return charOf(view.getUint32(pointer, true));
    case "string":
      return textAt(call, view.getUint32(pointer, true), view.getUint32(pointer + 4, true));
    case "record":
    case "tuple":
      return assembled(type, (field, offset) => load(call, field, pointer + offset));
    case "flags":
      return flagsOf(type.keys, readNumber(view, pointer, type.size));
    case "list":
      if (type.length !== undefined)
        return fixedList(type.element, type.length, (at) =>
          load(call, type.element, pointer + at * type.element.size),
        );
      return listAt(
        call,
        type.element,
        view.getUint32(pointer, true),
        view.getUint32(pointer + 4, true),
      );
    case "variant":
    case "option":
    case "result":
    case "enum": {
      const index = readNumber(view, pointer, discriminantBytes(type.cases.length));
      const taken = type.cases[index];
      if (taken === undefined) throw trap("unknown case of a variant");
      return caseOf(type, index, () =>
        taken.type === undefined ? undefined : load(call, taken.type, pointer + type.payload),
      );
    }
    case "own":
    case "borrow":
      return liftResource(call, type, view.getInt32(pointer, true));
    case "stream":
    case "future":
      return liftChannel(call, type, view.getInt32(pointer, true));
    case "error-context":
      return call.home.handles.get(view.getInt32(pointer, true), ErrorContext);
  }
}

/** Reads the elements of a stream or list from memory, at a checked place: bytes as a view. */
export function elementsAt(
  call: LiftCall,
  element: ValueType,
  pointer: number,
  count: number,
): Uint8Array | unknown[] {
  if (element.kind === "u8") return memoryOf(call).bytes.subarray(pointer, pointer + count);
  return Array.from({ length: count }, (_, at) => load(call, element, pointer + at * element.size));
}

function listAt(
  call: LiftCall,
  element: ValueType,
  pointer: number,
  count: number,
): Uint8Array | unknown[] {
  memoryOf(call).check(pointer, count * element.size, element.align);
  if (element.kind === "u8" && count > mostTextBytes)
    return elementsAt(call, element, pointer, count);
  if (element.kind === "u8") call.room.text(count);
  else call.room.list(count, element.size);
  const elements = elementsAt(call, element, pointer, count);
  // Memory that grows detaches its views.
  return elements instanceof Uint8Array ? elements.slice() : elements;
}

function fixedList(
  element: ValueType,
  length: number,
  lift: (at: number) => unknown,
): Uint8Array | unknown[] {
  if (length > mostListed) throw trap("a list has too many elements");
  const elements = Array.from({ length }, (_, at) => lift(at));
  return element.kind === "u8" ? Uint8Array.from(elements, Number) : elements;
}

function textAt(call: LiftCall, pointer: number, length: number): string {
  const { encoding } = call;
  const memory = memoryOf(call);
  const isUtf16 = encoding === "utf16" || (encoding !== "utf8" && length >= 2 ** 31);
  const units = encoding === "latin1+utf16" ? length % 2 ** 31 : length;
  const size = isUtf16 ? units * 2 : units;
  memory.check(pointer, size, encoding === "utf8" ? 1 : 2);
  call.room.text(size);
  const bytes = memory.bytes.subarray(pointer, pointer + size);
  if (encoding === "latin1+utf16" && !isUtf16) return Buffer.from(bytes).toString("latin1");
  try {
    return (isUtf16 ? utf16 : utf8).decode(bytes);
  } catch {
    throw trap("a text is not well-formed");
  }
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const utf16 = new TextDecoder("utf-16le", { fatal: true, ignoreBOM: true });

function charOf(code: number): string {
  if (code >= 0x11_0000 || (code >= 0xd800 && code < 0xe000)) throw trap("no character");
  return String.fromCodePoint(code);
}

function assembled(
  type: ValueType & { readonly kind: "record" | "tuple" },
  part: (type: ValueType, offset: number) => unknown,
): unknown {
  if (type.kind === "tuple") return type.fields.map((field) => part(field.type, field.offset));
  const made: Record<string, unknown> = Object.create(null);
  for (const field of type.fields) made[field.key] = part(field.type, field.offset);
  return made;
}

function flagsOf(keys: readonly string[], bits: number): unknown {
  const made: Record<string, boolean> = Object.create(null);
  keys.forEach((key, at) => (made[key] = (bits & (1 << at)) !== 0));
  return made;
}

/** Returns a case in jco's form: an option is its value, or undefined, unless its value could be undefined itself. */
function caseOf(
  type: ValueType & { readonly kind: "variant" | "option" | "result" | "enum" },
  index: number,
  value: () => unknown,
): unknown {
  const name = type.cases[index]?.name ?? "";
  if (type.kind === "enum") return name;
  if (type.kind === "option" && type.cases[1]?.type?.kind !== "option") return value();
  return { tag: name, val: value() };
}

function liftChannel({ home: { handles } }: AbiCall, type: ValueType, index: number): Channel {
  const end = handles.get(index, ReadableEnd);
  if (end.channel.type !== type) throw trap("a stream or future of another type");
  end.leave();
  handles.remove(index);
  return end.channel;
}

function liftResource(
  { home: { handles }, lending }: AbiCall,
  { kind, resource }: ValueType & { readonly kind: "own" | "borrow" },
  index: number,
): unknown {
  const handle = handles.get(index, ResourceHandle);
  if (handle.resource !== resource) throw trap("a handle to another kind of resource");
  if (kind === "borrow") {
    if (handle.borrowedFor === undefined) lending.lend(handle);
    return handle.object;
  }
  if (handle.borrowedFor !== undefined || handle.lent > 0)
    throw trap("a resource that is lent is given away");
  handles.remove(index);
  return handle.object;
}

function narrowedFrom(want: CoreType, have: CoreType, value: number | bigint): number | bigint {
  if (want === have) return value;
  const scratch = eightBytes();
  scratch.setBigInt64(0, BigInt.asIntN(64, BigInt(value)), true);
  if (want === "f32") return scratch.getFloat32(0, true);
  return want === "f64" ? scratch.getFloat64(0, true) : scratch.getInt32(0, true);
}

/** Widens a value of one case to the core type common to all cases. */
export function widenedTo(have: CoreType, own: CoreType, value: number | bigint): number | bigint {
  if (have === own) return value;
  const scratch = eightBytes();
  if (own === "f32") scratch.setFloat32(0, Number(value), true);
  else if (own === "f64") scratch.setFloat64(0, Number(value), true);
  else scratch.setInt32(0, Number(value), true);
  return joinOf(have, "i32") === "i32" ? scratch.getInt32(0, true) : scratch.getBigInt64(0, true);
}

function eightBytes(): DataView {
  return new DataView(new ArrayBuffer(8));
}

function readNumber(view: DataView, pointer: number, size: number): number {
  if (size === 1) return view.getUint8(pointer);
  return size === 2 ? view.getUint16(pointer, true) : view.getUint32(pointer, true);
}
