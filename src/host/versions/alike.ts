import { type Ino, rootIno } from "../../../journal/index.ts";
import { type Inode, type Tree, differences, inodeOf } from "../../fs/index.ts";

/** A directory, or another entry, in one state. */
export interface InState {
  readonly tree: Tree;
  readonly inode: Inode | undefined;
}

/**
 * Recognises directories that are the same in two states, with everything in them, without going through them. States
 * of one history share what is equal, so that the cost follows what changed.
 */
export class Alike {
  /** Of each pair of states, the inodes that differ and the directories above them. */
  readonly #changed = new Map<Tree, Map<Tree, ReadonlySet<Ino>>>();

  /** Tells if it is one directory in all these states, and nothing in it differs between one and other. */
  has(one: readonly InState[], other: readonly InState[]): boolean {
    return one.every((left) => other.every((right) => this.#isSame(left, right)));
  }

  #isSame(one: InState, other: InState): boolean {
    if (one.inode?.type !== "directory" || other.inode?.type !== "directory") return false;
    const { ino } = one.inode;
    return ino === other.inode.ino && !this.#between(one.tree, other.tree).has(ino);
  }

  #between(one: Tree, other: Tree): ReadonlySet<Ino> {
    const known = this.#changed.get(one)?.get(other);
    if (known !== undefined) return known;
    const changed = changedBetween(one, other);
    const pairs = this.#changed.get(one) ?? new Map<Tree, ReadonlySet<Ino>>();
    this.#changed.set(one, pairs.set(other, changed));
    return changed;
  }
}

function changedBetween(one: Tree, other: Tree): ReadonlySet<Ino> {
  const [before, after] = [new Set<Ino>(), new Set<Ino>()];
  for (const [ino, left, right] of differences<Inode>(one.inodes, other.inodes)) {
    if (left !== undefined) addAbove(one, ino as Ino, before);
    if (right !== undefined) addAbove(other, ino as Ino, after);
  }
  return new Set([...before, ...after]);
}

/** Adds an inode and the directories above each of its names. */
function addAbove(tree: Tree, ino: Ino, to: Set<Ino>): void {
  const rest = [ino];
  for (let at = rest.pop(); at !== undefined; at = rest.pop()) {
    if (to.has(at)) continue;
    to.add(at);
    if (at !== rootIno) for (const { parent } of inodeOf(tree, at)?.names ?? []) rest.push(parent);
  }
}
