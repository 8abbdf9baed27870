import { type WasmMemory, webAssembly } from "../wasm/web-assembly.ts";

/** Options that jco's glue passes to the factory of a lowered function. */
export interface LowerOptions {
  readonly memory: WasmMemory;
  readonly realloc: (old: number, oldSize: number, align: number, size: number) => number;
  readonly resourceTables: readonly (readonly number[])[];
}

export interface PollLowering<Pollable> {
  /** Pollables by the number that a handle stands for. */
  readonly held: ReadonlyMap<number, Pollable>;
  /** A longer list traps before anything is made of it. */
  readonly mostInList: number;
  readonly poll: (list: readonly Pollable[]) => Uint32Array;
}

const flag = 1 << 30;

/** Returns wasi:io/poll.poll as a core function: list<borrow<pollable>> to list<u32>. */
export function lowerPoll<Pollable>({ held, mostInList, poll }: PollLowering<Pollable>) {
  return ({ memory, realloc, resourceTables }: LowerOptions) => {
    const table = resourceTables[0] ?? [];
    const pollableOf = (handle: number): Pollable => {
      const rep = handle > 0 ? (table[(handle << 1) + 1] ?? 0) & ~flag : 0;
      const pollable = held.get(rep);
      if (pollable === undefined) throw trap("unknown handle of a pollable");
      return pollable;
    };
    return (pointer: number, length: number, result: number): void => {
      const count = length >>> 0;
      if (count > mostInList) throw trap("poll of more than there can be");
      const list = numbers(memory, pointer, count);
      const ready = poll(Array.from(list, pollableOf));
      const start = realloc(0, 0, 4, ready.byteLength) >>> 0;
      numbers(memory, start, ready.length).set(ready);
      numbers(memory, result, 2).set([start, ready.length]);
    };
  };
}

/** Returns a view of numbers in the guest's memory as it is now: realloc may have replaced its buffer. */
function numbers({ buffer }: WasmMemory, pointer: number, count: number): Uint32Array {
  const start = pointer >>> 0;
  if (start % 4 !== 0 || start + 4 * count > buffer.byteLength)
    throw trap("a pointer outside of memory");
  return new Uint32Array(buffer, start, count);
}

function trap(message: string): Error {
  return new webAssembly.RuntimeError(message);
}
