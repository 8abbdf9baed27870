import type { Ino } from "../../../journal/index.ts";
import { type Inode, type Link, type Tree, inodeOf, pathIn } from "../../fs/index.ts";
import { type Goal, type Goals, hasLink, isNamed, sameInode, wholeGoals } from "./goal.ts";
import { Numbers } from "./numbers.ts";
import { Parents } from "./parents.ts";
import { RestoreError } from "./restore-error.ts";
import { type Within, collect, entryAt, normalize, outermost } from "../diff/subtree.ts";

/** A part of a restore that is impossible as asked, because the inode also has names outside of the paths. */
export interface Note {
  readonly path: string;
  readonly note: string;
}

/**
 * Returns the goals that restore everything at and below some paths, and nothing else. An inode that also has names
 * elsewhere is left alone, and a new one takes its place. Paths are absolute, and no symlink in them is followed.
 * Throws RestoreError if a path exists neither then nor now, or its parent is no directory now.
 */
export function scopedGoals(
  now: Tree,
  then: Tree,
  paths: readonly string[],
): { readonly goals: Goals; readonly notes: readonly Note[] } {
  const tops = outermost(paths.map(normalize));
  if (tops.includes("/")) return { goals: wholeGoals(now, then), notes: [] };
  const numbers = new Numbers(Math.max(now.nextIno, then.nextIno));
  const parents = new Parents(now, then, numbers);
  const before = new Map<Ino, Within>();
  const after = new Map<Ino, Within>();
  for (const top of tops) {
    const here = entryAt(now, top);
    const there = entryAt(then, top);
    if (here === undefined && there === undefined) {
      throw new RestoreError("no-path", `${top} exists neither now nor at that moment`, {
        hint: "`log --path` shows when a path existed",
      });
    }
    if (here !== undefined) collect(now, here.ino, here.link, before);
    if (there === undefined) continue;
    collect(then, there.ino, { parent: parents.open(top), name: there.link.name }, after);
  }
  const notes: Note[] = [...parents.made].map((path) => ({
    path,
    note: "made again, to hold what is restored",
  }));
  const within = goalsWithin({ now, past: then, before, after, numbers, notes });
  return { goals: new Map([...parents.goals, ...within]), notes };
}

interface Scope {
  readonly now: Tree;
  readonly past: Tree;
  /** The inodes within the paths now; `after` those then. */
  readonly before: ReadonlyMap<Ino, Within>;
  readonly after: ReadonlyMap<Ino, Within>;
  readonly numbers: Numbers;
  readonly notes: Note[];
}

function goalsWithin(scope: Scope): Goals {
  const goals = new Map<Ino, Goal>();
  const numbers = new Map<Ino, Ino>();
  for (const [ino, { inode }] of scope.before) {
    goals.set(ino, { like: inode, names: outsideNow(scope, ino), times: "now" });
  }
  for (const [ino, within] of scope.after) {
    const outside = outsideNow(scope, ino);
    if (canBe(scope.now, within.inode, outside)) {
      numbers.set(ino, ino);
    } else {
      numbers.set(ino, scope.numbers.take());
      note(scope, within, outside);
    }
  }
  for (const [ino, { inode, tops, below }] of scope.after) {
    const number = numbers.get(ino) ?? ino;
    const names = below.map((link) => ({
      ...link,
      parent: numbers.get(link.parent) ?? link.parent,
    }));
    const outside = number === ino ? outsideNow(scope, ino) : [];
    goals.set(number, { like: inode, names: [...outside, ...tops, ...names], times: "then" });
  }
  return goals;
}

/** Returns the current names of an inode outside of the paths. */
function outsideNow({ now, before }: Scope, ino: Ino): readonly Link[] {
  const within = before.get(ino);
  const inside = within === undefined ? [] : [...within.tops, ...within.below];
  return (inodeOf(now, ino)?.names ?? []).filter((link) => !hasLink(inside, link));
}

/** Tells whether the inode itself can be restored without changing anything outside of the paths. */
function canBe(now: Tree, inode: Inode, outside: readonly Link[]): boolean {
  const standing = inodeOf(now, inode.ino);
  if (standing === undefined) return true;
  if (!isNamed(standing)) return false;
  if (outside.length === 0) return true;
  // A name that did not exist then must not appear now.
  if (inode.type === "directory" || !outside.every((link) => hasLink(inode.names, link)))
    return false;
  return sameInode({ ...standing, names: [] }, { ...inode, names: [] });
}

function note({ now, past, notes }: Scope, { inode }: Within, outside: readonly Link[]): void {
  const [was] = inode.names;
  const [is] = outside;
  if (was === undefined || is === undefined) return;
  const elsewhere = pathIn(now, is.parent, is.name);
  notes.push({
    path: pathIn(past, was.parent, was.name),
    note: `the same ${inode.type} stands at ${elsewhere} now and stays there: a copy was restored`,
  });
}
