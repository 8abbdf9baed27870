import { type AbiCall, memoryOf, trap } from "./abi.ts";
import type { CopyRoom } from "./channel.ts";
import { elementsAt } from "./lift.ts";
import { LiftRoom } from "./lift-room.ts";
import { storeElements } from "./lower.ts";
import type { ValueType } from "./value-types.ts";

/** Component model, canonical ABI: the most that may be copied at once. */
const mostElements = 2 ** 28 - 1;
/** Limit for elements other than bytes: each takes many times its room in the guest's memory. */
const mostAtOnce = 16_384;

/** Room in a guest's memory that a stream or future copies from or to. */
export class CopyBuffer implements CopyRoom {
  readonly #call: AbiCall;
  readonly #element: ValueType | undefined;
  readonly #pointer: number;
  readonly #length: number;
  readonly room: ((length: number) => Uint8Array) | undefined;
  /** Number of elements copied. */
  progress = 0;

  /** Traps if the memory has no such room. */
  constructor(call: AbiCall, element: ValueType | undefined, pointer: number, length: number) {
    if (length > mostElements) throw trap("a stream copies too much at once");
    if (element !== undefined && length > 0)
      memoryOf(call).check(pointer, length * element.size, element.align);
    this.#call = call;
    this.#element = element;
    this.#pointer = pointer;
    this.#length = length;
    this.room = element?.kind === "u8" ? (bytes) => this.#roomFor(element, bytes) : undefined;
  }

  get left(): number {
    return this.#length - this.progress;
  }

  /** Tells if it never had room. */
  get isEmpty(): boolean {
    return this.#length === 0;
  }

  /** Returns the next elements, at most so many, and counts them as copied. Bytes stay in the guest's memory. */
  take(most: number): ArrayLike<unknown> {
    const values = this.look(most);
    this.progress += values.length;
    return values;
  }

  /** Returns the next elements without counting them as copied: at most so many, and perhaps fewer. */
  look(most = this.left): ArrayLike<unknown> {
    if (this.#element === undefined) return { length: most };
    const isBytes = this.#element.kind === "u8";
    const count = isBytes ? most : Math.min(most, mostAtOnce);
    const call = { ...this.#call, room: new LiftRoom() };
    return elementsAt(call, this.#element, this.#place(this.#element), count);
  }

  pass(count: number): void {
    this.progress += count;
  }

  /** Copies elements into it, no more than are left. */
  put(values: ArrayLike<unknown>): void {
    if (values.length > this.left) throw new Error("more than was asked for");
    if (this.#element !== undefined)
      storeElements(this.#call, this.#element, values, this.#place(this.#element));
    this.progress += values.length;
  }

  #roomFor(element: ValueType, length: number): Uint8Array {
    if (length > this.left) throw new Error("more than was asked for");
    const at = this.#place(element);
    return memoryOf(this.#call).bytes.subarray(at, at + length);
  }

  #place({ size }: ValueType): number {
    return this.#pointer + this.progress * size;
  }
}
