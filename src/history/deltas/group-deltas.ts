import type { Ino } from "../../../journal/index.ts";
import type { GroupIndex } from "./group-index.ts";
import { InodeDeltas, noDelta } from "./inode-deltas.ts";

/**
 * The deltas of a group, to be walked backwards: those of its first increments are in its index, the others were noted
 * when their frames were read. The number of a delta is negative in the index, and above `noDelta` otherwise.
 */
export class GroupDeltas {
  /** Those behind the index. */
  readonly noted = new InodeDeltas();
  #index: GroupIndex | undefined;

  /** The bytes of memory that it takes. */
  get bytes(): number {
    return this.noted.bytes + (this.#index?.bytes ?? 0);
  }

  /** Puts the index in front, before anything is noted. */
  lead(index: GroupIndex): void {
    this.#index = index;
  }

  /** Returns the last delta of an inode up to an increment. */
  last(ino: Ino, increment: number): number {
    const noted = this.noted.last(ino, increment);
    return noted === noDelta ? (this.#index?.last(ino, increment) ?? noDelta) : noted;
  }

  /** Returns the delta of the inode before this one. */
  before(delta: number, ino: Ino): number {
    if (delta < noDelta) return this.#index?.before(delta, ino) ?? noDelta;
    const noted = this.noted.before(delta);
    return noted === noDelta
      ? (this.#index?.last(ino, Number.POSITIVE_INFINITY) ?? noDelta)
      : noted;
  }

  incrementOf(delta: number): number {
    return delta < noDelta
      ? (this.#index?.incrementOf(delta) ?? -1)
      : this.noted.incrementOf(delta);
  }

  isIndexed(delta: number): boolean {
    return delta < noDelta;
  }

  /** Returns where the bytes of an indexed delta stand in what its part keeps; undefined if they do not. */
  keptAt(delta: number): number | undefined {
    return this.#index?.keptAt(delta);
  }

  /** Returns the last increment up to `increment` in which a leaf changed, or -1. */
  lastChange(leaf: number, increment: number): number {
    const noted = this.noted.lastChange(leaf, increment);
    return noted < 0 ? (this.#index?.lastChange(leaf, increment) ?? -1) : noted;
  }

  /** Yields the leaves in which an inode was made, or that are noted, some of them twice. */
  *leaves(): Generator<number> {
    if (this.#index !== undefined) yield* this.#index.made;
    yield* this.noted.leaves();
  }
}
