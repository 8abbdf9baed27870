import type { Call, Calling, ComponentFunction } from "./function.ts";
import type { FunctionType } from "./value-types.ts";
import { type Activity, Later, type World } from "./world.ts";

/** Implements a host function: takes values as JavaScript has them, and returns one, or a `Later`. */
export type HostCall = (args: readonly unknown[]) => unknown;

/** A function of the host's. */
export class HostFunction implements ComponentFunction {
  readonly type: FunctionType;
  readonly #world: World;
  readonly #call: HostCall;

  constructor(world: World, type: FunctionType, call: HostCall) {
    this.#world = world;
    this.type = type;
    this.#call = call;
  }

  call(calling: Calling): Call {
    const result = this.#resultOf(calling.begin());
    if (result instanceof Later && result.deadline > this.#world.now())
      return new Waiting(this.#world, result, calling);
    calling.end("returned", result instanceof Later ? undefined : result);
    return over;
  }

  /** Calls it. If it returns a result, thrown errors that are not ours become that result's error case. */
  #resultOf(args: readonly unknown[]): unknown {
    if (this.type.result?.kind !== "result") return this.#call(args);
    try {
      return { tag: "ok", val: this.#call(args) };
    } catch (error) {
      if (error instanceof Error) throw error;
      return { tag: "err", val: error };
    }
  }
}

const over: Call = { hasBegun: true, cancel() {} };

/** A call that returns later. */
class Waiting implements Activity, Call {
  readonly hasBegun = true;
  readonly #world: World;
  readonly #later: Later;
  readonly #calling: Calling;

  constructor(world: World, later: Later, calling: Calling) {
    this.#world = world;
    this.#later = later;
    this.#calling = calling;
    world.begin(this);
    world.wake(this, later.deadline);
  }

  advance(): boolean {
    if (this.#world.now() < this.#later.deadline) return false;
    this.#end("returned");
    return true;
  }

  cancel(): void {
    this.#end("cancelled");
  }

  #end(how: "returned" | "cancelled"): void {
    this.#world.end(this);
    this.#world.forget(this);
    this.#calling.end(how, undefined);
  }
}
