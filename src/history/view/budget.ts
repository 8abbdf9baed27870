/**
 * Names the bounds for a walk over a whole state, or a copy of it. `zeros` are bytes of holes that must be written out.
 */
export const boundNames = ["paths", "depth", "bytes", "zeros", "seconds"] as const;
/** The name of a bound. */
export type BoundName = (typeof boundNames)[number];
/** The value of each bound; `seconds` is wall time. */
export type Bounds = Readonly<Record<BoundName, number>>;

/** More than a guest can make under the default limits, except for `depth`, which is that of the longest path. */
const defaultBounds: Bounds = {
  paths: 10_000_000,
  depth: 2_048,
  bytes: 1024 ** 4,
  zeros: 16 * 1024 ** 3,
  seconds: 6 * 60 * 60,
};

/** Reports that a bound is exceeded; `code` names the bound, and `hint` tells how to raise it. */
export class BudgetError extends Error {
  override readonly name = "BudgetError";
  readonly code: BoundName;
  readonly hint: string;

  constructor(code: BoundName, doing: string, bound: number) {
    super(`${doing} stopped: ${excess[code](bound.toLocaleString("en-US"))}`);
    this.code = code;
    this.hint = `--limit ${code}=${bound * 2} lets it go on for longer; the result so far stays`;
  }
}

const excess: Readonly<Record<BoundName, (bound: string) => string>> = {
  paths: (bound) => `there are more than ${bound} paths`,
  depth: (bound) => `directories are nested more than ${bound} deep`,
  bytes: (bound) => `there are more than ${bound} bytes`,
  zeros: (bound) => `holes in files would be more than ${bound} bytes of zeros`,
  seconds: (bound) => `it took more than ${bound} seconds`,
};

/** Counts what one command spends. Each method throws BudgetError if a bound is exceeded. */
export class Budget {
  readonly #doing: string;
  readonly #bounds: Bounds;
  readonly #now: () => number;
  readonly #startedAt: number;
  #paths = 0;
  #bytes = 0;
  #zeros = 0;

  /** `doing` begins the message of an error, and `now` returns milliseconds. */
  constructor(
    doing: string,
    bounds: Partial<Bounds> = {},
    now: () => number = () => performance.now(),
  ) {
    this.#doing = doing;
    this.#bounds = { ...defaultBounds, ...bounds };
    this.#now = now;
    this.#startedAt = now();
  }

  /** Spends one path at this depth below the start. */
  path(depth: number): void {
    this.#paths += 1;
    this.#require("paths", this.#paths);
    this.#require("depth", depth);
    if (this.#paths % pathsPerLook === 0) this.#look();
  }

  /** Spends bytes that are read or written. */
  bytes(count: number): void {
    this.#bytes += count;
    this.#require("bytes", this.#bytes);
    this.#look();
  }

  /** Spends bytes of holes that are written out as zeros. */
  zeros(count: number): void {
    this.#zeros += count;
    this.#require("zeros", this.#zeros);
  }

  #look(): void {
    this.#require("seconds", (this.#now() - this.#startedAt) / 1_000);
  }

  #require(name: BoundName, spent: number): void {
    const bound = this.#bounds[name];
    if (spent > bound) throw new BudgetError(name, this.#doing, bound);
  }
}

const pathsPerLook = 256;
