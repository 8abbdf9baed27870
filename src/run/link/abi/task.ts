import {
  type Abi,
  type AbiCall,
  type CoreFunction,
  type Home,
  allocate,
  memoryOf,
  trap,
} from "./abi.ts";
import type { Call, Calling, ComponentFunction } from "./function.ts";
import { Flat, liftFlat, load } from "./lift.ts";
import { LiftRoom } from "./lift-room.ts";
import { lowerFlat, store } from "./lower.ts";
import { Lending } from "./resource-handle.ts";
import { type CoreType, type FunctionType, type ValueType, alignedTo } from "./value-types.ts";
import { type GuestEvent, WaitableSet, eventCode, noEvent } from "./waitable.ts";
import type { Activity, World } from "./world.ts";

/** An instance of a component, as far as its tasks are concerned. */
export interface Instance extends Home {
  readonly world: World;
  /** The task whose code runs, or has been called: one at a time. */
  running: Task | undefined;
  /** True while code of a task is on the stack, and no other may begin or go on. */
  isBusy: boolean;
  /** Counts its requests that no more calls begin. */
  backpressure: number;
  /** The context while no task runs, as at instantiation. */
  readonly context: [number, number];
}

/** Options of lifting a function from a core function. */
export interface Lifting {
  readonly abi: Abi;
  readonly instance: Instance;
  readonly core: CoreFunction;
  readonly callback: CoreFunction | undefined;
  readonly postReturn: CoreFunction | undefined;
  readonly isAsync: boolean;
}

/** Component model, canonical ABI: the most flat parameters and results. */
export const mostParameters = 16;

/** A function that a component lifts. */
export class LiftedFunction implements ComponentFunction {
  readonly type: FunctionType;
  readonly #lifting: Lifting;

  constructor(type: FunctionType, lifting: Lifting) {
    this.type = type;
    this.#lifting = lifting;
  }

  call(calling: Calling): Task {
    const task = new Task(this.type, this.#lifting, calling);
    this.#lifting.instance.world.begin(task);
    task.advance();
    return task;
  }
}

/** Component model, canonical ABI: codes in the low four bits of a callback's result. */
const callbackCode = { exit: 0, yield: 1, wait: 2 } as const;

/** A call of a lifted function, until it ends, which may be after it has returned. */
export class Task implements Activity, Call {
  readonly type: FunctionType;
  /** Values that the guest keeps for it. */
  readonly context: [number, number] = [0, 0];
  readonly lifting: Lifting;
  readonly lending = new Lending();
  readonly #calling: Calling;
  #state: "waits to begin" | "runs" | "yields" | "waits" | "ended" = "waits to begin";
  #waitsFor: WaitableSet | undefined;
  #hasResolved = false;
  #cancelling: "no" | "asked" | "told" = "no";

  constructor(type: FunctionType, lifting: Lifting, calling: Calling) {
    this.type = type;
    this.lifting = lifting;
    this.#calling = calling;
  }

  get hasBegun(): boolean {
    return this.#state !== "waits to begin";
  }

  get hasEnded(): boolean {
    return this.#state === "ended";
  }

  get hasResolved(): boolean {
    return this.#hasResolved;
  }

  advance(): boolean {
    const { instance } = this.lifting;
    if (instance.isBusy) return false;
    switch (this.#state) {
      case "waits to begin":
        if (instance.backpressure > 0) return false;
        this.#begin();
        return true;
      case "yields":
        this.#callBack(this.#cancellation() ?? noEvent);
        return true;
      case "waits": {
        const event = this.#cancellation() ?? this.#eventOf(this.#waitsFor);
        if (event === undefined) return false;
        this.#callBack(event);
        return true;
      }
      case "runs":
      case "ended":
        return false;
    }
  }

  cancel(): void {
    if (this.#hasResolved) return;
    if (this.#state === "waits to begin") {
      this.#end();
      this.#resolve("cancelled", undefined);
    } else if (this.#cancelling === "no") this.#cancelling = "asked";
  }

  /** Returns the guest's result. Traps if the guest may not return now. */
  return(result: ValueType | undefined, call: Abi, flat: readonly unknown[]): void {
    if (!this.lifting.isAsync || result !== this.type.result)
      throw trap("task.return of another function");
    this.#requireUnresolved();
    this.#resolve("returned", liftResult({ ...call, lending: this.lending }, result, flat));
  }

  /** Notes that the guest ends without a result. */
  acknowledge(): void {
    if (this.#cancelling !== "told") throw trap("task.cancel of a task that was not cancelled");
    this.#requireUnresolved();
    this.#resolve("cancelled", undefined);
  }

  #begin(): void {
    const { abi, isAsync, core, callback, postReturn } = this.lifting;
    this.#state = "runs";
    const call: AbiCall = { ...abi, lending: this.lending };
    const flat = lowerAll(call, this.type.parameters, this.#calling.begin(), mostParameters);
    const result = this.#enter(core, flat);
    if (this.#state !== "runs") return;
    if (!isAsync) {
      const results = result === undefined ? [] : [result];
      const value = liftSyncResult(call, this.type.result, results);
      this.#requireUnresolved();
      this.#resolve("returned", value);
      if (postReturn !== undefined) {
        abi.home.mayLeave = false;
        postReturn(...results);
        abi.home.mayLeave = true;
      }
      this.#end();
    } else if (callback === undefined) this.#finish();
    else this.#follow(Number(result));
  }

  #callBack([code, handle, payload]: GuestEvent): void {
    const { callback } = this.lifting;
    if (callback === undefined) throw new Error("no callback to call");
    if (this.#waitsFor !== undefined) this.#waitsFor.waiting -= 1;
    this.#waitsFor = undefined;
    this.#state = "runs";
    this.#follow(Number(this.#enter(callback, [code, handle, payload])));
  }

  /** Does what a callback's result asks for. */
  #follow(packed: number): void {
    switch (packed & 0xf) {
      case callbackCode.exit:
        return this.#finish();
      case callbackCode.yield:
        this.#state = "yields";
        return;
      case callbackCode.wait: {
        const set = this.lifting.instance.handles.get(packed >>> 4, WaitableSet);
        set.waiting += 1;
        this.#waitsFor = set;
        this.#state = "waits";
        return;
      }
      default:
        throw trap("unknown code of a callback");
    }
  }

  #enter(core: CoreFunction, flat: readonly unknown[]): unknown {
    const { instance } = this.lifting;
    const { running } = instance;
    instance.running = this;
    instance.isBusy = true;
    const result = core(...flat);
    instance.running = running;
    instance.isBusy = false;
    return result;
  }

  #finish(): void {
    if (!this.#hasResolved) throw trap("a task ends without a result");
    this.#end();
  }

  #end(): void {
    this.#state = "ended";
    this.lifting.instance.world.end(this);
  }

  #requireUnresolved(): void {
    if (this.#hasResolved) throw trap("a task returns twice");
    if (this.lending.borrowed > 0)
      throw trap("a task returned without dropping its borrowed handles");
  }

  #resolve(how: "returned" | "cancelled", result: unknown): void {
    this.#hasResolved = true;
    this.lending.end();
    this.#calling.end(how, result);
  }

  #cancellation(): GuestEvent | undefined {
    if (this.#cancelling !== "asked" || this.#hasResolved) return undefined;
    this.#cancelling = "told";
    return [eventCode.cancelled, 0, 0];
  }

  #eventOf(set: WaitableSet | undefined): GuestEvent | undefined {
    return set?.hasEvent === true ? set.takeEvent() : undefined;
  }
}

/** Returns the flat types, if they are no more than a call may have. */
export function flatOf(types: readonly ValueType[], most: number): readonly CoreType[] | undefined {
  const flat: CoreType[] = [];
  for (const type of types) {
    if (type.flat === undefined) return undefined;
    flat.push(...type.flat);
    if (flat.length > most) return undefined;
  }
  return flat;
}

/** Lowers values to flat values, or to memory and one pointer to it. */
function lowerAll(
  call: AbiCall,
  types: readonly ValueType[],
  values: readonly unknown[],
  most: number,
): readonly (number | bigint)[] {
  const flat: (number | bigint)[] = [];
  if (flatOf(types, most) !== undefined) {
    types.forEach((type, at) => lowerFlat(call, type, values[at], flat));
    return flat;
  }
  const { offsets, size, align } = placesOf(types);
  const pointer = allocate(call, size, align);
  types.forEach((type, at) => store(call, type, values[at], pointer + (offsets[at] ?? 0)));
  return [pointer];
}

/** Lifts values from flat values, or from the memory that one pointer leads to. */
export function liftAll(
  abi: AbiCall,
  types: readonly ValueType[],
  flat: Flat,
  most: number,
): readonly unknown[] {
  const call = { ...abi, room: new LiftRoom() };
  if (flatOf(types, most) !== undefined) return types.map((type) => liftFlat(call, type, flat));
  const { offsets, size, align } = placesOf(types);
  const pointer = flat.i32() >>> 0;
  memoryOf(call).check(pointer, size, align);
  return types.map((type, at) => load(call, type, pointer + (offsets[at] ?? 0)));
}

function liftResult(
  call: AbiCall,
  result: ValueType | undefined,
  flat: readonly unknown[],
): unknown {
  if (result === undefined) return undefined;
  return liftAll(call, [result], new Flat(flat), mostParameters)[0];
}

/** Lifts a core function's own result, of which there is one at most. */
function liftSyncResult(
  call: AbiCall,
  result: ValueType | undefined,
  flat: readonly unknown[],
): unknown {
  return result === undefined ? undefined : liftAll(call, [result], new Flat(flat), 1)[0];
}

function placesOf(types: readonly ValueType[]): {
  readonly offsets: readonly number[];
  readonly size: number;
  readonly align: number;
} {
  let size = 0;
  let align = 1;
  const offsets = types.map((type) => {
    const offset = alignedTo(size, type.align);
    size = offset + type.size;
    align = Math.max(align, type.align);
    return offset;
  });
  return { offsets, size, align };
}
