import { type Ino, rootIno } from "../../../journal/index.ts";
import {
  type Inode,
  type Link,
  type Tree,
  differences,
  entryDifferences,
  inodeOf,
  sameContent,
} from "../../fs/index.ts";
import { Numbers } from "./numbers.ts";

/** What is to become of one inode. */
export interface Goal {
  /** Its type, content, target and times. */
  readonly like: Inode;
  /** Where it is to stand. With no name it goes; the root has none and stays. */
  readonly names: readonly Link[];
  /** "then": as `like` has them. "now": as the other changes leave them. */
  readonly times: "then" | "now";
}

/** Goals by the number that the inode has afterwards; what has no goal stays as it is. */
export type Goals = ReadonlyMap<Ino, Goal>;

/** The goals that turn one state into another as a whole. */
export function wholeGoals(now: Tree, then: Tree): Goals {
  const goals = new Map<Ino, Goal>();
  for (const [, left, right] of differences<Inode>(now.inodes, then.inodes)) {
    if (right !== undefined && isNamed(right)) {
      if (left !== undefined && isNamed(left) && isUnchanged(left, right)) continue;
      goals.set(right.ino, { like: right, names: right.names, times: "then" });
    } else if (left !== undefined && isNamed(left)) {
      goals.set(left.ino, { like: left, names: [], times: "now" });
    }
  }
  return renumberLost(now, goals, new Numbers(Math.max(now.nextIno, then.nextIno)));
}

/** An inode that lost its last name while it was open cannot get one again: another takes its place. */
export function renumberLost(now: Tree, goals: Goals, numbers: Numbers): Goals {
  const renumbered = new Map<Ino, Ino>();
  for (const [ino, goal] of goals) {
    const standing = goal.names.length === 0 ? undefined : inodeOf(now, ino);
    if (standing !== undefined && !isNamed(standing)) renumbered.set(ino, numbers.take());
  }
  if (renumbered.size === 0) return goals;
  const numberOf = (ino: Ino): Ino => renumbered.get(ino) ?? ino;
  return new Map(
    [...goals].map(([ino, goal]) => {
      const names = goal.names.map(({ parent, name }) => ({ parent: numberOf(parent), name }));
      return [numberOf(ino), { ...goal, names }];
    }),
  );
}

/** Tells whether the inode is to go. */
export function isGoing(ino: Ino, { names }: Goal): boolean {
  return names.length === 0 && ino !== rootIno;
}

/** Tells whether the tree has a way to the inode. */
export function isNamed(inode: Inode): boolean {
  return inode.ino === rootIno || inode.names.length > 0;
}

/** Tells whether two inodes are the same but for ctime, with the same entries where they are directories. */
export function isUnchanged(left: Inode, right: Inode): boolean {
  if (!sameInode(left, right)) return false;
  if (left.type !== "directory" || right.type !== "directory") return true;
  return entryDifferences(left.entries, right.entries).next().done === true;
}

/** Tells whether two inodes are the same but for ctime; a directory's entries are told by their own names. */
export function sameInode(left: Inode, right: Inode): boolean {
  return (
    left.mtime === right.mtime &&
    left.atime === right.atime &&
    sameMode(left, right) &&
    sameNames(left.names, right.names) &&
    sameBody(left, right)
  );
}

function sameMode(left: Inode, right: Inode): boolean {
  if (left.type === "symlink" || right.type === "symlink") return left.type === right.type;
  return left.mode === right.mode;
}

/** Tells whether content or target are the same. */
export function sameBody(left: Inode, right: Inode): boolean {
  if (left.type === "file" && right.type === "file")
    return sameContent(left.content, right.content);
  if (left.type === "symlink" && right.type === "symlink") return left.target === right.target;
  return left.type === right.type;
}

export function sameNames(left: readonly Link[], right: readonly Link[]): boolean {
  return left.length === right.length && left.every((link) => hasLink(right, link));
}

export function hasLink(links: readonly Link[], { parent, name }: Link): boolean {
  return links.some((link) => link.parent === parent && link.name === name);
}
