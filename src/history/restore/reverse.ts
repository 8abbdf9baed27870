import type { Ino } from "../../../journal/index.ts";
import {
  type Directory,
  type Inode,
  type Link,
  type Tree,
  childOf,
  differences,
  entriesIn,
  inodeOf,
  pathIn,
  pathOf,
} from "../../fs/index.ts";
import {
  type Goal,
  type Goals,
  hasLink,
  isGoing,
  isNamed,
  isUnchanged,
  renumberLost,
  sameInode,
  sameNames,
} from "./goal.ts";
import { Numbers } from "./numbers.ts";
import { type Within, collect } from "../diff/subtree.ts";

/** An inode that was changed again later, so that the change before cannot be reverted alone. */
export interface Obstacle {
  readonly ino: Ino;
  readonly path: string;
  readonly reason: string;
}

/**
 * Returns the goals that revert the changes from `before` to `after` in a later state, and leave everything else as it
 * is now. Obstacles are later changes to the same; the goals overwrite them.
 */
export function reverseGoals(
  now: Tree,
  before: Tree,
  after: Tree,
): { readonly goals: Goals; readonly obstacles: readonly Obstacle[] } {
  const reversal = new Reversal(now, before);
  for (const [, left, right] of differences<Inode>(before.inodes, after.inodes)) {
    const was = left !== undefined && isNamed(left) ? left : undefined;
    const became = right !== undefined && isNamed(right) ? right : undefined;
    if (was !== undefined && became !== undefined && isUnchanged(was, became)) continue;
    if (was !== undefined) reversal.bringBack(was, became);
    else if (became !== undefined) reversal.takeAway(became);
  }
  reversal.makeRoom();
  const numbers = new Numbers(Math.max(now.nextIno, before.nextIno));
  return {
    goals: renumberLost(now, reversal.goals, numbers),
    obstacles: [...reversal.obstacles.values()],
  };
}

class Reversal {
  readonly goals = new Map<Ino, Goal>();
  readonly obstacles = new Map<Ino, Obstacle>();
  readonly #now: Tree;
  readonly #before: Tree;

  constructor(now: Tree, before: Tree) {
    this.#now = now;
    this.#before = before;
  }

  takeAway(became: Inode): void {
    const now = this.#named(became.ino);
    if (now === undefined) return;
    if (!isAsLeft(now, became)) this.#obstruct(now.ino, "it was changed since");
    this.goals.set(now.ino, { like: now, names: [], times: "now" });
  }

  bringBack(was: Inode, became: Inode | undefined): void {
    const now = this.#named(was.ino);
    if (now === undefined) {
      if (became !== undefined) this.#obstruct(was.ino, "it was removed since");
      this.goals.set(was.ino, { like: was, names: was.names, times: "then" });
      return;
    }
    if (now.type !== "directory" && sameInode(now, was)) return;
    if (!isAsLeft(now, was) && (became === undefined || !isAsLeft(now, became))) {
      this.#obstruct(was.ino, "it was changed since");
    }
    // A directory that was touched again keeps its later time.
    const known = [was.mtime, became?.mtime];
    const isTouched = was.type === "directory" && !known.includes(now.mtime);
    const like = withLaterMode(was, became, now);
    this.goals.set(was.ino, { like, names: was.names, times: isTouched ? "now" : "then" });
  }

  /**
   * Makes sure that a returning inode has a directory and a free name, and that a directory is empty before it goes.
   */
  makeRoom(): void {
    for (const { names } of this.goals.values()) {
      for (const { parent } of names) this.#needDirectory(parent);
    }
    for (const [ino, { names }] of this.goals) {
      for (const link of names) this.#free(ino, link);
    }
    for (const [ino, goal] of this.goals) {
      if (goal.like.type === "directory" && isGoing(ino, goal)) this.#empty(ino);
    }
  }

  // A Map's iteration includes entries that are added meanwhile, so the directory's own directory is handled in its
  // turn.
  #needDirectory(ino: Ino): void {
    if (this.#named(ino) !== undefined || this.goals.has(ino)) return;
    const was = inodeOf(this.#before, ino);
    if (was === undefined) return;
    this.#obstruct(ino, "it was removed since");
    this.goals.set(ino, { like: was, names: was.names, times: "then" });
  }

  #free(ino: Ino, link: Link): void {
    const occupant = childOf(this.#now, link.parent, link.name);
    if (occupant === undefined || occupant === ino || this.#isLeaving(occupant, link)) return;
    this.#obstruct(occupant, "it is where something else returns to");
    this.#clear(occupant, link);
  }

  #empty(ino: Ino): void {
    const inode = this.#named(ino);
    if (inode?.type !== "directory") return;
    for (const [name, child] of entriesIn((inode satisfies Directory).entries)) {
      const link = { parent: ino, name };
      if (this.#isLeaving(child, link)) continue;
      this.#obstruct(child, "it is in a directory that is removed");
      this.#clear(child, link);
    }
  }

  /** Removes an entry and everything below it, except for inodes with a goal of their own. */
  #clear(ino: Ino, link: Link): void {
    const within = new Map<Ino, Within>();
    collect(this.#now, ino, link, within);
    for (const [below, { inode, tops, below: links }] of within) {
      const inside = [...tops, ...links];
      const names = this.goals.get(below)?.names ?? inode.names;
      const like = this.goals.get(below)?.like ?? inode;
      const left = names.filter((name) => !hasLink(inside, name));
      this.goals.set(below, { like, names: left, times: "now" });
    }
  }

  #isLeaving(ino: Ino, link: Link): boolean {
    const goal = this.goals.get(ino);
    return goal !== undefined && !hasLink(goal.names, link);
  }

  #named(ino: Ino): Inode | undefined {
    const inode = inodeOf(this.#now, ino);
    return inode !== undefined && isNamed(inode) ? inode : undefined;
  }

  #obstruct(ino: Ino, reason: string): void {
    if (this.obstacles.has(ino)) return;
    const tree = this.#named(ino) === undefined ? this.#before : this.#now;
    const [link] = inodeOf(tree, ino)?.names ?? [];
    const path = link === undefined ? pathOf(tree, ino) : pathIn(tree, link.parent, link.name);
    this.obstacles.set(ino, { ino, path, reason });
  }
}

/** A directory whose mode was not changed by the reverted run keeps its later mode. */
function withLaterMode(was: Inode, became: Inode | undefined, now: Inode): Inode {
  if (was.type !== "directory" || now.type !== "directory") return was;
  const isChanged = became?.type === "directory" && became.mode !== was.mode;
  return isChanged ? was : { ...was, mode: now.mode };
}

/** Tells whether an inode is as it was left, not counting entries that others made or removed. */
function isAsLeft(now: Inode, became: Inode): boolean {
  return now.type === "directory" ? sameNames(now.names, became.names) : sameInode(now, became);
}
