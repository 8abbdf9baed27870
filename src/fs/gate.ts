import type { Draft, Event, Ino, ProcessNumber } from "../../journal/index.ts";
import type { FsCode } from "./limits/error.ts";
import type { Tree } from "./tree/tree.ts";

/** A decision on a call, to be recorded. */
export interface Decision {
  readonly operation: string;
  readonly path: string;
  /** The rule, as it was written. */
  readonly rule: string;
  /** "deny", "mark", "ask -> allow"… */
  readonly action: string;
  /** The one that answered, if somebody was asked. */
  readonly answered?: string;
  /** The error that the call fails with; absent where it goes ahead. */
  readonly error?: FsCode;
}

/**
 * Is asked about each call before anything comes of it, and returns nothing for one that goes ahead without a word. What
 * it throws, the call throws.
 */
export interface Gate {
  /** `bytes` is the payload of a change that has one. */
  change(tree: Tree, draft: Draft, bytes: Uint8Array | undefined): Decision | undefined;
  read(tree: Tree, ino: Ino): Decision | undefined;
  /** Is called when the change that it was last asked about has been recorded. */
  happened(event: Event): void;
}

/** A gate of which nothing becomes, while it decides, but its decision: somebody may be asked, and try. */
export class DecidingGate implements Gate {
  readonly #gate: Gate;
  #isDeciding = false;

  constructor(gate: Gate) {
    this.#gate = gate;
  }

  change(...change: Parameters<Gate["change"]>): Decision | undefined {
    return this.#deciding(() => this.#gate.change(...change));
  }

  /** Lets everything be read by who is asked. */
  read(tree: Tree, ino: Ino): Decision | undefined {
    return this.#isDeciding ? undefined : this.#deciding(() => this.#gate.read(tree, ino));
  }

  happened(event: Event): void {
    this.#gate.happened(event);
  }

  /** Throws TypeError while it decides: what it decides on was considered in the state as it is. */
  requireDecided(): void {
    if (this.#isDeciding)
      throw new TypeError("a filesystem changes nothing while somebody is asked about a change");
  }

  #deciding<T>(decide: () => T): T {
    this.#isDeciding = true;
    try {
      return decide();
    } finally {
      this.#isDeciding = false;
    }
  }
}

/** Is thrown by a gate where the state became another while it waited: the call is to be considered again. */
export class StateChanged extends Error {
  override readonly name = "StateChanged";
}

/** Does something as often as the state changes under it. */
export function reconsidering<T>(act: () => T): T {
  for (;;) {
    try {
      return act();
    } catch (error) {
      if (!(error instanceof StateChanged)) throw error;
    }
  }
}

/** A decision that is to be recorded: the first of its kind in a run, or how many more there were. */
export type Told = Omit<Decision, "error"> & {
  readonly by?: ProcessNumber;
  readonly count?: number;
};

/** Bounds the events of a program that is denied without end: beyond this number only a count is recorded. */
const mostTold = 1_024;

/** Collects the decisions of one run: each is recorded when it is first made, its repetitions when the run ends. */
export class Decisions {
  readonly #again = new Map<string, Told & { count: number }>();
  #beyond: (Told & { count: number }) | undefined;

  clear(): void {
    this.#again.clear();
    this.#beyond = undefined;
  }

  /** Counts a decision; returns it if it must be recorded now. */
  news(decision: Decision, by: ProcessNumber | undefined): Told | undefined {
    const { operation, path, rule, action, answered } = decision;
    const said = answered === undefined ? {} : { answered };
    const told = { operation, path, rule, action, ...said, ...(by === undefined ? {} : { by }) };
    const key = JSON.stringify([operation, path, rule, action, answered, by]);
    const known = this.#again.get(key);
    if (known !== undefined) known.count += 1;
    else if (this.#again.size < mostTold) this.#again.set(key, { ...told, count: 0 });
    else if (this.#beyond !== undefined) this.#beyond.count += 1;
    else this.#beyond = { operation: "any", path: "/", rule, action: "any", count: 1 };
    return known === undefined && this.#beyond === undefined ? told : undefined;
  }

  /** Returns the repetitions to record at the end of the run. */
  rest(): readonly Told[] {
    const again = [...this.#again.values()].filter(({ count }) => count > 0);
    return this.#beyond === undefined ? again : [...again, this.#beyond];
  }
}
