import { Descriptor } from "../descriptor.ts";
import { errorNumber, pathFlags } from "./codes.ts";
import { type Context, GuestMemory } from "./memory.ts";
import type { HandleTable, Resources } from "./resources.ts";

/** A core function of the canonical ABI: flat arguments, results through the pointer that comes last. */
export type Lowered = (...flat: never[]) => void;
export type Factory = (context: Context) => Lowered;

/** Offset of a result's value or error code, by its alignment. */
export const ok = 0;
const err = 1;

/** A call on a descriptor, and the memory for its result. */
export class Call {
  readonly memory: GuestMemory;
  readonly #resources: Resources;
  readonly #tables: readonly HandleTable[];
  #own: HandleTable | undefined;

  constructor(resources: Resources, context: Context, mostPathBytes: number) {
    this.memory = new GuestMemory(context, mostPathBytes);
    this.#resources = resources;
    this.#tables = context.resourceTables ?? [];
  }

  descriptor(handle: number): Descriptor {
    this.#own ??= this.#resources.tableOf(this.#tables, handle, Descriptor);
    return this.#resources.lift(this.#own, handle, Descriptor);
  }

  /** Makes a handle for a new object: in the descriptors' table, or in the function's other one. */
  own(object: object): number {
    const table =
      object instanceof Descriptor ? this.#own : this.#tables.find((one) => one !== this.#own);
    if (table === undefined) throw new Error("the glue gave no table for the result of a call");
    return this.#resources.own(table, object);
  }

  ok(result: number): GuestMemory {
    this.memory.setUint8(result, ok);
    return this.memory;
  }

  /** Writes an error code; throws any other error on. `at` is the offset of the result's payload. */
  fail(result: number, at: 1 | 4 | 8, thrown: unknown): void {
    const number = errorNumber(thrown);
    this.memory.setUint8(result, err);
    this.memory.setUint8(result + at, number);
  }

  /** Answers a call that returns nothing, an own handle, or a string. */
  unit(result: number, run: () => void): void {
    try {
      run();
      this.ok(result);
    } catch (error) {
      this.fail(result, 1, error);
    }
  }

  handle(result: number, run: () => object): void {
    try {
      const handle = this.own(run());
      this.ok(result).setUint32(result + 4, handle);
    } catch (error) {
      this.fail(result, 4, error);
    }
  }
}

/** Writes the value of a result, and that it is one. */
export type Put<T> = (call: Call, result: number, value: T) => void;
type Flags = ReturnType<typeof pathFlags>;

/** Ways to make a core function. */
export interface Ways {
  readonly lowered: (make: (call: Call) => Lowered) => Factory;
  /** Makes one that asks a descriptor, and puts the answer into the guest's memory. */
  readonly about: <T>(put: Put<T>, ask: (self: Descriptor) => T) => Factory;
  /** Makes one that asks a descriptor about a path. */
  readonly aboutPath: <T>(
    put: Put<T>,
    ask: (self: Descriptor, flags: Flags, path: string) => T,
  ) => Factory;
}

export function waysOf(resources: Resources, mostPathBytes: number): Ways {
  const lowered: Ways["lowered"] = (make) => (context) =>
    make(new Call(resources, context, mostPathBytes));
  return {
    lowered,
    about: (put, ask) =>
      lowered((call) => (self: number, result: number) => {
        try {
          put(call, result, ask(call.descriptor(self)));
        } catch (error) {
          call.fail(result, 8, error);
        }
      }),
    aboutPath: (put, ask) =>
      lowered(
        (call) => (self: number, flags: number, path: number, length: number, result: number) => {
          try {
            const text = call.memory.text(path, length);
            put(call, result, ask(call.descriptor(self), pathFlags(flags), text));
          } catch (error) {
            call.fail(result, 8, error);
          }
        },
      ),
  };
}

/** Converts a u64, which the core passes signed. */
export function unsigned(value: bigint): bigint {
  return value < 0n ? BigInt.asUintN(64, value) : value;
}
