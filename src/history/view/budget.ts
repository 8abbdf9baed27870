/** What a walk through a whole state, or a copy of it, may cost. `zeros` are bytes of holes that have to be spelled out. */
export const boundNames = ["paths", "depth", "bytes", "zeros", "seconds"] as const;
/** The name of a bound. */
export type BoundName = (typeof boundNames)[number];
/** How much of each a walk may spend; `seconds` is wall time. */
export type Bounds = Readonly<Record<BoundName, number>>;

/** More than the default limits let any guest make, but for `depth`, which is what the longest path can hold. */
export const defaultBounds: Bounds = {
  paths: 10_000_000,
  depth: 2_048,
  bytes: 1024 ** 4,
  zeros: 16 * 1024 ** 3,
  seconds: 6 * 60 * 60,
};

/** Something costs more than it may; `code` names the bound, and `hint` how to raise it. */
export class BudgetError extends Error {
  override readonly name = "BudgetError";
  readonly code: BoundName;
  readonly hint: string;

  constructor(code: BoundName, doing: string, bound: number) {
    super(`${doing} stopped: ${excess[code](bound.toLocaleString("en-US"))}`);
    this.code = code;
    this.hint = `--limit ${code}=${bound * 2} lets it go on for longer; what there is by now stays`;
  }
}

const excess: Readonly<Record<BoundName, (bound: string) => string>> = {
  paths: (bound) => `there are more than ${bound} paths`,
  depth: (bound) => `directories are nested more than ${bound} deep`,
  bytes: (bound) => `there are more than ${bound} bytes`,
  zeros: (bound) => `holes in files would be more than ${bound} bytes of zeros`,
  seconds: (bound) => `it took more than ${bound} seconds`,
};

/** Counts what one command spends. Each method throws BudgetError where a bound is passed. */
export class Budget {
  readonly #doing: string;
  readonly #bounds: Bounds;
  readonly #now: () => number;
  readonly #startedAt: number;
  #paths = 0;
  #bytes = 0;
  #zeros = 0;

  /** `doing` begins the sentence that tells of an end, and `now` gives milliseconds. */
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

  /** Spends one path, so many directories below where it began. */
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

  /** Spends bytes of holes that are spelled out as zeros. */
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
