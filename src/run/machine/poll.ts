import { lowerPoll } from "./lower-poll.ts";
import type { Sleeper } from "./sleeper.ts";
import { waitUntil } from "./wait.ts";
import { webAssembly } from "../wasm/web-assembly.ts";

const cabiLower = Symbol.for("cabiLower");
/** Key under which jco's glue looks for an object's number. */
const cabiRep = Symbol.for("cabiRep");

/** Something to wait for. `deadline` is when it becomes ready by itself, in nanoseconds of the monotonic clock. */
export interface Awaitable {
  isReady(): boolean;
  readonly deadline?: bigint;
}

/** Always ready. */
export const alwaysReady: Awaitable = { isReady: () => true };

/**
 * Provides wasi:io/poll without an event loop: waiting puts the guest's process to sleep. A guest that hoards more than
 * `most` pollables traps: the interface has no error for it.
 */
export function createPoll(sleeper: Sleeper, now: () => bigint, most: number) {
  const held = new Map<number, Pollable>();
  // Freed numbers are reused: the tables that they index are limited.
  const free: number[] = [];
  let last = 0;

  class Pollable {
    /** Missing in an object that the glue made for a handle that the guest made up. */
    readonly awaitable: Awaitable | undefined;

    constructor(awaitable: Awaitable) {
      if (held.size >= most) throw new webAssembly.RuntimeError("too many pollables");
      this.awaitable = awaitable;
      const rep = free.pop() ?? (last += 1);
      Object.defineProperty(this, cabiRep, { value: rep });
      held.set(rep, this);
    }

    ready(): boolean {
      if (this.awaitable === undefined)
        throw new webAssembly.RuntimeError("unknown handle of a pollable");
      return this.awaitable.isReady();
    }

    block(): void {
      poll([this]);
    }

    [Symbol.dispose](): void {
      const rep = Number(Reflect.get(this, cabiRep));
      if (held.get(rep) === this && held.delete(rep)) free.push(rep);
    }
  }

  /** Returns the indices of ready ones; waits until one is. */
  function poll(list: readonly Pollable[]): Uint32Array {
    // wasi:io/poll.wit, poll: "This function traps if the list is empty".
    if (list.length === 0) throw new webAssembly.RuntimeError("poll of an empty list");
    let ready: number[] = [];
    waitUntil(sleeper, now, nearestOf(list), () => {
      ready = list.flatMap((pollable, index) => (pollable.ready() ? [index] : []));
      return ready.length > 0;
    });
    return Uint32Array.from(ready);
  }

  return {
    Pollable,
    poll: Object.assign(poll, { [cabiLower]: lowerPoll({ held, mostInList: 2 * most, poll }) }),
  };
}

export type Poll = ReturnType<typeof createPoll>;
export type Pollable = InstanceType<Poll["Pollable"]>;

function nearestOf(list: readonly Pollable[]): bigint | undefined {
  let nearest: bigint | undefined;
  for (const { awaitable } of list) {
    const deadline = awaitable?.deadline;
    if (deadline !== undefined && (nearest === undefined || deadline < nearest)) nearest = deadline;
  }
  return nearest;
}
