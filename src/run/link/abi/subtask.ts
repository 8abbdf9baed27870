import { type Abi, type AbiCall, type CoreFunction, memoryOf, trap } from "./abi.ts";
import type { Call, ComponentFunction } from "./function.ts";
import { Flat } from "./lift.ts";
import { lowerFlat, store } from "./lower.ts";
import { Lending } from "./resource-handle.ts";
import { type Instance, flatOf, liftAll, mostParameters } from "./task.ts";
import type { ValueType } from "./value-types.ts";
import { Waitable, eventCode } from "./waitable.ts";

/** Component model, canonical ABI: states of a call, as its caller sees them. */
const states = {
  starting: 0,
  started: 1,
  returned: 2,
  cancelledBeforeStarted: 3,
  cancelledBeforeReturned: 4,
} as const;

/** Most flat parameters of an async call: more lie in memory. */
const mostAsyncParameters = 4;

/** A call, from its caller's side. */
export class Subtask extends Waitable {
  readonly lending: Lending;
  state: (typeof states)[keyof typeof states] = states.starting;
  call: Call | undefined;
  /** True once the caller knows of the call's end. */
  isTold = false;
  isCancelled = false;

  constructor(lending: Lending) {
    super();
    this.lending = lending;
  }

  get hasResolved(): boolean {
    return this.state >= states.returned;
  }

  begin(): void {
    this.state = states.started;
  }

  end(how: "returned" | "cancelled"): void {
    if (how === "returned") this.state = states.returned;
    else
      this.state =
        this.state === states.starting
          ? states.cancelledBeforeStarted
          : states.cancelledBeforeReturned;
  }

  tellOf(handle: number): void {
    this.tell(() => {
      if (this.hasResolved) {
        this.isTold = true;
        this.lending.end();
      }
      return [eventCode.subtask, handle, this.state];
    });
  }

  drop(): void {
    if (!this.isTold) throw trap("a call is dropped before its caller knows of its end");
    this.join(undefined);
  }
}

/** Returns the core function that calls a component function: it waits for the result, or returns at once. */
export function lowered(
  instance: Instance,
  abi: Abi,
  callee: ComponentFunction,
  how: "sync" | "async",
): CoreFunction {
  return how === "sync" ? loweredSync(instance, abi, callee) : loweredAsync(instance, abi, callee);
}

function loweredSync(instance: Instance, abi: Abi, callee: ComponentFunction): CoreFunction {
  const { parameters, result } = callee.type;
  const places = flatOf(parameters, mostParameters)?.length ?? 1;
  const isDirect = result === undefined || flatOf([result], 1) !== undefined;
  return (...flat) => {
    requireLeave(instance);
    const call: AbiCall = { ...abi, lending: new Lending() };
    let ended: { readonly value: unknown } | undefined;
    callee.call({
      begin: () => liftAll(call, parameters, new Flat(flat), mostParameters),
      end: (_how, value) => (ended = { value }),
    });
    if (ended === undefined) instance.world.waitUntil(() => ended !== undefined);
    call.lending.end();
    if (result === undefined) return undefined;
    const value = valueOf(ended);
    if (!isDirect) return storeResult(call, result, value, flat[places]);
    const direct: (number | bigint)[] = [];
    lowerFlat(call, result, value, direct);
    return direct[0];
  };
}

function loweredAsync(instance: Instance, abi: Abi, callee: ComponentFunction): CoreFunction {
  const { parameters, result } = callee.type;
  const places = flatOf(parameters, mostAsyncParameters)?.length ?? 1;
  return (...flat) => {
    requireLeave(instance);
    const subtask = new Subtask(new Lending());
    const call: AbiCall = { ...abi, lending: subtask.lending };
    let handle: number | undefined;
    const tell = (): void => {
      if (handle !== undefined) subtask.tellOf(handle);
    };
    const started = callee.call({
      begin() {
        const args = liftAll(call, parameters, new Flat(flat), mostAsyncParameters);
        subtask.begin();
        tell();
        return args;
      },
      end(how, value) {
        if (how === "returned" && result !== undefined)
          storeResult(call, result, value, flat[places]);
        subtask.end(how);
        tell();
      },
    });
    if (subtask.hasResolved) {
      subtask.lending.end();
      return subtask.state;
    }
    subtask.call = started;
    handle = instance.handles.add(subtask);
    return subtask.state | (handle << 4);
  };
}

export function requireLeave(instance: Instance): void {
  if (!instance.mayLeave) throw trap("a call from where none may be made");
}

function storeResult(call: AbiCall, result: ValueType, value: unknown, place: unknown): undefined {
  const pointer = Number(place) >>> 0;
  memoryOf(call).check(pointer, result.size, result.align);
  store(call, result, value, pointer);
}

function valueOf(ended: { readonly value: unknown } | undefined): unknown {
  return ended?.value;
}
