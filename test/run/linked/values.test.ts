import { expect, test } from "vitest";

import { GuestMemory } from "../../../src/run/link/abi/guest-memory.ts";
import { HandleBudget, HandleTable } from "../../../src/run/link/abi/handle-table.ts";
import { Flat, type LiftCall, liftFlat, load } from "../../../src/run/link/abi/lift.ts";
import { LiftRoom } from "../../../src/run/link/abi/lift-room.ts";
import { lowerFlat, store } from "../../../src/run/link/abi/lower.ts";
import { Lending } from "../../../src/run/link/abi/resource-handle.ts";
import { type ValueType, ValueTypes, alignedTo } from "../../../src/run/link/abi/value-types.ts";
import type { Primitive } from "../../../src/run/link/decode/code.ts";
import { Random, seedOf } from "../../support/random.ts";
import { scale } from "../../support/scale.ts";

const encodings = ["utf8", "utf16", "latin1+utf16"] as const;
const primitives = [
  "bool",
  "s8",
  "u8",
  "s16",
  "u16",
  "s32",
  "u32",
  "s64",
  "u64",
  "f64",
  "char",
  "string",
] as const satisfies readonly Primitive[];

test("a value of any type comes back from memory, and from flat values, as it was", () => {
  const random = new Random(seedOf());
  const types = new ValueTypes();
  for (let round = 0; round < 300 * scale; round += 1) {
    const type = typeOf(types, random, 3);
    const value = valueOf(random, type);
    const call = callOf(random.pick(encodings));
    store(call, type, value, 0);
    expect(load(call, type, 0)).toEqual(value);
    if (type.flat === undefined) continue;
    const flat: (number | bigint)[] = [];
    lowerFlat(call, type, value, flat);
    expect(flat.map((one) => typeof one)).toEqual(
      type.flat.map((core) => (core === "i64" ? "bigint" : "number")),
    );
    expect(liftFlat(call, type, new Flat(flat))).toEqual(value);
  }
});

test("types that are made of the same are the same, and others are not", () => {
  const types = new ValueTypes();
  const pair = (name: string, second: Primitive): ValueType =>
    types.record("record", [
      { name, type: types.primitive("u8") },
      { name: "b", type: types.primitive(second) },
    ]);
  expect(pair("a", "u64")).toBe(pair("a", "u64"));
  expect(pair("a", "u64")).not.toBe(pair("c", "u64"));
  expect(pair("a", "u64")).not.toBe(pair("a", "s64"));
  expect(pair("a", "u64")).toMatchObject({ size: 16, align: 8, flat: ["i32", "i64"] });
});

test("a type that is larger than any memory, or has more flat values than any function, costs little to make", () => {
  const types = new ValueTypes();
  let type = types.primitive("u8");
  const double = (): void => {
    type = types.record("tuple", [
      { name: "0", type },
      { name: "1", type },
    ]);
  };
  for (let depth = 0; depth < 32; depth += 1) double();
  expect(type).toMatchObject({ size: 2 ** 32, flat: undefined });
  expect(double).toThrow("a type of the component is too large");
});

/** Makes a call with a memory of its own, whose realloc starts in the middle. */
function callOf(encoding: LiftCall["encoding"]): LiftCall {
  const { Memory } = Reflect.get(globalThis, "WebAssembly") as {
    readonly Memory: new (limits: { readonly initial: number }) => { readonly buffer: ArrayBuffer };
  };
  let next = 65_536;
  return {
    home: { handles: new HandleTable(new HandleBudget()), mayLeave: true },
    memory: new GuestMemory(new Memory({ initial: 4 })),
    realloc(_old, _oldSize, align, size) {
      const at = alignedTo(next, Number(align));
      next = at + Number(size);
      return at;
    },
    encoding,
    lending: new Lending(),
    room: new LiftRoom(),
  };
}

function typeOf(types: ValueTypes, random: Random, depth: number): ValueType {
  const inner = (): ValueType => typeOf(types, random, depth - 1);
  const optional = (): ValueType | undefined => (random.once(3) ? undefined : inner());
  const names = ["a", "b-c", "d"].slice(0, 1 + random.below(3));
  if (depth === 0) return types.primitive(random.pick(primitives));
  switch (random.below(8)) {
    case 0:
      return types.record(
        "record",
        names.map((name) => ({ name, type: inner() })),
      );
    case 1:
      return types.record(
        "tuple",
        names.map((_, at) => ({ name: String(at), type: inner() })),
      );
    case 2:
      return types.variant(
        "variant",
        names.map((name) => ({ name, type: optional() })),
      );
    case 3:
      return types.variant("option", [
        { name: "none", type: undefined },
        { name: "some", type: inner() },
      ]);
    case 4:
      return types.variant("result", [
        { name: "ok", type: optional() },
        { name: "err", type: optional() },
      ]);
    case 5:
      return random.once(2)
        ? types.flags(names)
        : types.variant(
            "enum",
            names.map((name) => ({ name, type: undefined })),
          );
    case 6:
      return types.list(inner(), random.once(3) ? 2 : undefined);
    default:
      return types.primitive(random.pick(primitives));
  }
}

function valueOf(random: Random, type: ValueType): unknown {
  switch (type.kind) {
    case "bool":
      return random.once(2);
    case "s8":
    case "s16":
    case "s32":
      return random.below(200) - 100;
    case "u8":
      return random.below(256);
    case "u16":
      return random.below(65_536);
    case "u32":
      return random.below(2 ** 32);
    case "s64":
      return BigInt(random.below(2 ** 32)) - 2n ** 62n;
    case "u64":
      return 2n ** 64n - BigInt(1 + random.below(2 ** 32));
    case "f64":
      return random.below(1_000) / 8;
    case "char":
      return random.pick(["a", "ä", "€", "😀"]);
    case "string":
      return random.pick(["", "plain", "größer", "日本語 😀"]);
    case "record":
      return Object.fromEntries(type.fields.map(({ key, type: of }) => [key, valueOf(random, of)]));
    case "tuple":
      return type.fields.map(({ type: of }) => valueOf(random, of));
    case "enum":
      return random.pick(type.cases).name;
    case "option": {
      const some = type.cases[1]?.type;
      if (some === undefined) throw new Error("an option of nothing");
      if (some.kind === "option")
        return random.once(2)
          ? { tag: "none", val: undefined }
          : { tag: "some", val: valueOf(random, some) };
      return random.once(2) ? undefined : valueOf(random, some);
    }
    case "variant":
    case "result": {
      const { name, type: of } = random.pick(type.cases);
      return { tag: name, val: of === undefined ? undefined : valueOf(random, of) };
    }
    case "flags":
      return Object.fromEntries(type.keys.map((key) => [key, random.once(2)]));
    case "list": {
      const length = type.length ?? random.below(4);
      const values = Array.from({ length }, () => valueOf(random, type.element));
      return type.element.kind === "u8" ? Uint8Array.from(values, Number) : values;
    }
    case "f32":
    case "own":
    case "borrow":
    case "stream":
    case "future":
    case "error-context":
      throw new Error(`no value of ${type.kind}`);
  }
}
