import type { Primitive } from "../decode/code.ts";
import type { Resource } from "./resource.ts";

/** A field of a record, by its names in the component and in JavaScript. */
export interface Field {
  readonly name: string;
  readonly key: string;
  readonly type: ValueType;
  /** Offset in the record, in bytes. */
  readonly offset: number;
}

export interface VariantCase {
  readonly name: string;
  readonly type: ValueType | undefined;
}

export type CoreType = "i32" | "i64" | "f32" | "f64";

/** Layout of a type in memory, and in a function's parameters. */
export interface Layout {
  readonly size: number;
  readonly align: number;
  /** Undefined if there are more than any function takes. */
  readonly flat: readonly CoreType[] | undefined;
}

/** A type of the component model whose resources are known. */
export type ValueType = Layout &
  (
    | { readonly kind: Primitive }
    | { readonly kind: "record"; readonly fields: readonly Field[] }
    | { readonly kind: "tuple"; readonly fields: readonly Field[] }
    | { readonly kind: "variant"; readonly cases: readonly VariantCase[]; readonly payload: number }
    | { readonly kind: "option"; readonly cases: readonly VariantCase[]; readonly payload: number }
    | { readonly kind: "result"; readonly cases: readonly VariantCase[]; readonly payload: number }
    | { readonly kind: "enum"; readonly cases: readonly VariantCase[]; readonly payload: number }
    | { readonly kind: "flags"; readonly keys: readonly string[] }
    | { readonly kind: "list"; readonly element: ValueType; readonly length: number | undefined }
    | { readonly kind: "own" | "borrow"; readonly resource: Resource }
    | { readonly kind: "stream" | "future"; readonly element: ValueType | undefined }
  );

export interface FunctionType {
  readonly isAsync: boolean;
  readonly parameters: readonly ValueType[];
  readonly result: ValueType | undefined;
}

/** More core values than any function takes. */
const mostFlat = 16;
/** No memory holds more. */
const mostBytes = 2 ** 32;

/** Makes types, each once: equal types are the same object. */
export class ValueTypes {
  readonly #made = new Map<string, ValueType>();
  readonly #numbers = new Map<object, number>();

  primitive(kind: Primitive): ValueType {
    return this.#once(kind, () => ({ kind, ...layouts[kind] }));
  }

  record(
    kind: "record" | "tuple",
    members: readonly { readonly name: string; readonly type: ValueType }[],
  ): ValueType {
    if (members.length === 0) throw new RangeError(`a ${kind} of the component is empty`);
    let size = 0;
    let align = 1;
    let flat: readonly CoreType[] | undefined = [];
    const fields = members.map(({ name, type }): Field => {
      size = alignedTo(size, type.align);
      align = Math.max(align, type.align);
      const field = { name, key: camelCase(name), type, offset: size };
      size += type.size;
      flat = joined(flat, type.flat);
      return field;
    });
    const key = `${kind} ${this.#keyOf(members)}`;
    const whole = checked(alignedTo(size, align));
    return this.#once(key, () => ({ kind, fields, size: whole, align, flat }));
  }

  variant(
    kind: "variant" | "option" | "result" | "enum",
    cases: readonly VariantCase[],
  ): ValueType {
    if (cases.length === 0) throw new RangeError(`a ${kind} of the component is empty`);
    const discriminant = discriminantBytes(cases.length);
    let align: number = discriminant;
    let largest = 0;
    let flat: CoreType[] | undefined = [];
    for (const { type } of cases) {
      if (type === undefined) continue;
      align = Math.max(align, type.align);
      largest = Math.max(largest, type.size);
      flat = flat === undefined || type.flat === undefined ? undefined : overlaid(flat, type.flat);
    }
    const payload = alignedTo(discriminant, align);
    const size = checked(alignedTo(payload + largest, align));
    const whole = joined(["i32"], flat);
    const key = `${kind} ${this.#keyOf(cases)}`;
    return this.#once(key, () => ({ kind, cases, payload, size, align, flat: whole }));
  }

  flags(names: readonly string[]): ValueType {
    if (names.length === 0 || names.length > 32)
      throw new RangeError(`flags of the component are ${names.length}, and may be 1 to 32`);
    const size = names.length <= 8 ? 1 : names.length <= 16 ? 2 : 4;
    const keys = names.map(camelCase);
    const key = `flags ${JSON.stringify(names)}`;
    return this.#once(key, () => ({ kind: "flags", keys, size, align: size, flat: ["i32"] }));
  }

  list(element: ValueType, length?: number): ValueType {
    const key = `list ${this.#numberOf(element)} ${length ?? ""}`;
    if (length === undefined) {
      const flat = ["i32", "i32"] as const;
      return this.#once(key, () => ({ kind: "list", element, length, size: 8, align: 4, flat }));
    }
    if (length === 0) throw new RangeError("a list of the component has the fixed length 0");
    let flat: readonly CoreType[] | undefined = [];
    for (let at = 0; at < length && flat !== undefined; at += 1) flat = joined(flat, element.flat);
    const size = checked(element.size * length);
    const { align } = element;
    return this.#once(key, () => ({ kind: "list", element, length, size, align, flat }));
  }

  handleTo(kind: "own" | "borrow", resource: Resource): ValueType {
    const key = `${kind} ${this.#numberOf(resource)}`;
    return this.#once(key, () => ({ kind, resource, size: 4, align: 4, flat: ["i32"] }));
  }

  channelOf(kind: "stream" | "future", element: ValueType | undefined): ValueType {
    const key = `${kind} ${this.#numberOf(element)}`;
    return this.#once(key, () => ({ kind, element, size: 4, align: 4, flat: ["i32"] }));
  }

  #once(key: string, make: () => ValueType): ValueType {
    const known = this.#made.get(key);
    if (known !== undefined) return known;
    const made = make();
    this.#made.set(key, made);
    return made;
  }

  #numberOf(part: object | undefined): number {
    if (part === undefined) return 0;
    const number = this.#numbers.get(part) ?? this.#numbers.size + 1;
    this.#numbers.set(part, number);
    return number;
  }

  #keyOf(
    parts: readonly { readonly name: string; readonly type: ValueType | undefined }[],
  ): string {
    return JSON.stringify(parts.map(({ name, type }) => [name, this.#numberOf(type)]));
  }
}

/** Converts a name of the component model to JavaScript's form: "get-random-u64" is getRandomU64. */
export function camelCase(name: string): string {
  const [first = "", ...rest] = name.toLowerCase().split("-");
  return first + rest.map((word) => word.slice(0, 1).toUpperCase() + word.slice(1)).join("");
}

export function alignedTo(offset: number, align: number): number {
  return Math.ceil(offset / align) * align;
}

export function discriminantBytes(cases: number): 1 | 2 | 4 {
  if (cases <= 0x100) return 1;
  return cases <= 0x1_0000 ? 2 : 4;
}

/** Returns the core type that holds values of either type. */
export function joinOf(one: CoreType, other: CoreType): CoreType {
  if (one === other) return one;
  const isNarrow = (type: CoreType): boolean => type === "i32" || type === "f32";
  return isNarrow(one) && isNarrow(other) ? "i32" : "i64";
}

const layouts: Readonly<Record<Primitive, Layout>> = {
  bool: { size: 1, align: 1, flat: ["i32"] },
  s8: { size: 1, align: 1, flat: ["i32"] },
  u8: { size: 1, align: 1, flat: ["i32"] },
  s16: { size: 2, align: 2, flat: ["i32"] },
  u16: { size: 2, align: 2, flat: ["i32"] },
  s32: { size: 4, align: 4, flat: ["i32"] },
  u32: { size: 4, align: 4, flat: ["i32"] },
  s64: { size: 8, align: 8, flat: ["i64"] },
  u64: { size: 8, align: 8, flat: ["i64"] },
  f32: { size: 4, align: 4, flat: ["f32"] },
  f64: { size: 8, align: 8, flat: ["f64"] },
  char: { size: 4, align: 4, flat: ["i32"] },
  string: { size: 8, align: 4, flat: ["i32", "i32"] },
  "error-context": { size: 4, align: 4, flat: ["i32"] },
};

function joined(
  one: readonly CoreType[] | undefined,
  other: readonly CoreType[] | undefined,
): readonly CoreType[] | undefined {
  if (one === undefined || other === undefined || one.length + other.length > mostFlat)
    return undefined;
  return [...one, ...other];
}

function overlaid(one: readonly CoreType[], other: readonly CoreType[]): CoreType[] {
  return Array.from({ length: Math.max(one.length, other.length) }, (_, at) => {
    const [first, second] = [one[at], other[at]];
    if (first === undefined || second === undefined) return first ?? second ?? "i32";
    return joinOf(first, second);
  });
}

function checked(bytes: number): number {
  if (bytes > mostBytes) throw new RangeError("a type of the component is too large");
  return bytes;
}
