import { webAssembly } from "../../wasm/web-assembly.ts";
/**
 * Most handles that a guest may have at a time: a set or a call takes some five hundred bytes outside of its memory.
 */
const mostHandles = 100_000;

/** Limits the handles of all instances of a component together: each takes some of the host's memory. */
export class HandleBudget {
  #left: number;

  constructor(most = mostHandles) {
    this.#left = most;
  }

  /** Traps if there are too many already. */
  take(): void {
    if (this.#left === 0) throw new webAssembly.RuntimeError("too many handles");
    this.#left -= 1;
  }

  giveBack(): void {
    this.#left += 1;
  }
}

/** Handles of a component instance, by number: to resources, streams, futures, tasks, sets. */
export class HandleTable {
  readonly #budget: HandleBudget;
  readonly #entries: (object | undefined)[] = [undefined];
  readonly #free: number[] = [];

  constructor(budget: HandleBudget) {
    this.#budget = budget;
  }

  add(entry: object): number {
    this.#budget.take();
    const index = this.#free.pop() ?? this.#entries.length;
    this.#entries[index] = entry;
    return index;
  }

  /** Returns the object of a handle. Traps if there is none, or one of another kind. */
  get<T extends object>(index: number, kind: abstract new (...given: never[]) => T): T {
    const entry = this.#entries[index >>> 0];
    if (!(entry instanceof kind)) throw new webAssembly.RuntimeError("unknown handle index");
    return entry;
  }

  remove(index: number): void {
    this.#entries[index >>> 0] = undefined;
    this.#free.push(index >>> 0);
    this.#budget.giveBack();
  }

  /** Yields all objects in it. */
  *entries(): Iterable<object> {
    for (const entry of this.#entries) if (entry !== undefined) yield entry;
  }
}
