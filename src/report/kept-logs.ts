import type { LogRow } from "./format/data.ts";
import { weightOf } from "./weight.ts";

/** The rows of one run, and how many more it has. */
export interface KeptLog {
  readonly rows: readonly LogRow[];
  readonly leftOut: number;
}

/**
 * Keeps the rows of runs until it is known which of them a page has room for: at most twice what it has room for, as a
 * record may have any number of long runs.
 */
export class KeptLogs {
  readonly #logs = new Map<number, KeptLog & { readonly weight: number }>();
  readonly #ranks: ReadonlyMap<number, number>;
  readonly #room: number;
  #weight = 0;

  /** `runs` are those that are shown, the most interesting one first. `room` is in bytes of the page. */
  constructor(runs: readonly number[], room: number) {
    this.#ranks = new Map(runs.map((run, rank) => [run, rank]));
    this.#room = room;
  }

  get(run: number): KeptLog | undefined {
    return this.#logs.get(run);
  }

  /** Bytes of the page that the kept rows would take. */
  get weight(): number {
    return this.#weight;
  }

  add(run: number, log: KeptLog): void {
    if (!this.#ranks.has(run)) return;
    const weight = log.rows.reduce((sum, row) => sum + weightOf(row), 0);
    this.#logs.set(run, { ...log, weight });
    this.#weight += weight;
    if (this.#weight > 2 * this.#room) this.#drop();
  }

  /** Drops rows for which there is no room, as those of more interesting runs take all of it. */
  #drop(): void {
    const rankOf = (run: number): number => this.#ranks.get(run) ?? 0;
    const logs = [...this.#logs].toSorted(([one], [other]) => rankOf(one) - rankOf(other));
    let taken = 0;
    for (const [run, log] of logs) {
      if (taken < this.#room) taken += log.weight;
      else this.#logs.set(run, { rows: [], leftOut: log.leftOut + log.rows.length, weight: 0 });
    }
    this.#weight = taken;
  }
}
