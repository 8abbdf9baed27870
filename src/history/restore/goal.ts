import { type Ino, rootIno } from "../../../journal/index.ts";
import {
  type Inode,
  type Link,
  type Tree,
  differences,
  entryDifferences,
  inodeOf,
  sameContent,
  sameXattrs,
  xattrsOf,
} from "../../fs/index.ts";
import { Numbers } from "./numbers.ts";

/** The state that a plan brings one inode to. */
export interface Goal {
  /** Its type, content, target and times. */
  readonly like: Inode;
  /** Its names. Without one the inode is removed; only the root has none and stays. */
  readonly names: readonly Link[];
  /** "then" sets the times of `like`; "now" leaves the times that the other changes make. */
  readonly times: "then" | "now";
}

/** Goals by the inode's number after the plan; an inode without a goal stays as it is. */
export type Goals = ReadonlyMap<Ino, Goal>;

/** Returns the goals that turn one state into another as a whole. */
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

/** Gives a new number to an inode that lost its last name while open, since it can have no name again. */
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

/** Tells whether the goal is to remove the inode. */
export function isGoing(ino: Ino, { names }: Goal): boolean {
  return names.length === 0 && ino !== rootIno;
}

/** Tells whether the inode can be reached in its tree. */
export function isNamed(inode: Inode): boolean {
  return inode.ino === rootIno || inode.names.length > 0;
}

/** Tells whether two inodes are equal except for ctime; directories must have the same entries. */
export function isUnchanged(left: Inode, right: Inode): boolean {
  if (!sameInode(left, right)) return false;
  if (left.type !== "directory" || right.type !== "directory") return true;
  return entryDifferences(left.entries, right.entries).next().done === true;
}

/**
 * Tells whether two inodes are equal except for ctime; does not compare a directory's entries, which have names of
 * their own.
 */
export function sameInode(left: Inode, right: Inode): boolean {
  return (
    left.mtime === right.mtime &&
    left.atime === right.atime &&
    sameMode(left, right) &&
    sameXattrs(xattrsOf(left), xattrsOf(right)) &&
    sameNames(left.names, right.names) &&
    sameBody(left, right)
  );
}

function sameMode(left: Inode, right: Inode): boolean {
  if (left.type === "symlink" || right.type === "symlink") return left.type === right.type;
  return left.mode === right.mode;
}

/** Tells whether content or target are equal. */
function sameBody(left: Inode, right: Inode): boolean {
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
