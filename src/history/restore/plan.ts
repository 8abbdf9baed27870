import { type Ino, rootIno } from "../../../journal/index.ts";
import {
  type Command,
  type Link,
  type Tree,
  extentsOf,
  inodeOf,
  pathIn,
  pathOf,
  sameContent,
  xattrsOf,
} from "../../fs/index.ts";
import { type Goal, type Goals, hasLink, isGoing, isNamed } from "./goal.ts";
import { Layout, modeIn } from "./layout.ts";
import { Numbers } from "./numbers.ts";
import { RestoreError } from "./restore-error.ts";

/**
 * Returns the commands that bring a state to its goals, in an order in which each one is possible: moves inodes
 * (through a temporary name if they change places), makes missing ones under their old numbers, points contents at old
 * bytes of the tape, and sets times last. Throws RestoreError if a directory would end up inside itself.
 */
export function planCommands(now: Tree, goals: Goals): Command[] {
  checkParents(now, goals);
  const layout = new Layout(now);
  const depths = new Depths(now, goals);
  const going = [...goals]
    .filter(([ino, goal]) => goal.like.type === "directory" && isGoing(ino, goal))
    .map(([ino]) => ({ ino, depth: depthNow(now, ino) }))
    .sort((left, right) => right.depth - left.depth);

  removeSpareNames(layout, goals);
  for (const { ino } of going) if (layout.size(ino) === 0) removeDirectory(layout, ino);
  place(now, layout, goals, depths);
  for (const { ino } of going) if (layout.names(ino).length > 0) removeDirectory(layout, ino);
  const changed = setContents(now, layout, goals);
  setModes(now, layout, goals);
  setXattrs(now, layout, goals);
  setTimes(now, layout, goals, changed);
  return inTurn(layout.commands, now.nextIno);
}

/** Numbers new inodes in the order in which they are made, like a filesystem does. */
function inTurn(commands: readonly Command[], next: Ino): Command[] {
  const fresh = new Numbers(next);
  const numbers = new Map<Ino, Ino>();
  const numberOf = (ino: Ino): Ino => numbers.get(ino) ?? ino;
  return commands.map((command) => {
    const { kind } = command;
    const isNew = kind === "create" || kind === "mkdir" || kind === "symlink" || kind === "mknod";
    if (isNew && command.ino !== undefined && command.ino >= next)
      numbers.set(command.ino, fresh.take());
    return {
      ...command,
      ...("ino" in command && command.ino !== undefined ? { ino: numberOf(command.ino) } : {}),
      ...("parent" in command ? { parent: numberOf(command.parent) } : {}),
      ...("toParent" in command ? { toParent: numberOf(command.toParent) } : {}),
    };
  });
}

/** Checks that the directory of each goal's name is also in the state after the plan. */
function checkParents(now: Tree, goals: Goals): void {
  for (const goal of goals.values()) {
    for (const { parent, name } of goal.names) {
      const above = goals.get(parent);
      const inode = above?.like ?? inodeOf(now, parent);
      const stands = above === undefined ? inode !== undefined : !isGoing(parent, above);
      if (stands && inode?.type === "directory" && isNamed(inode)) continue;
      const path = pathIn(now, parent, name);
      throw new RestoreError("blocked", `${path} cannot be restored: its directory is gone`);
    }
  }
}

/** Removes the names that have no successor; the others become renames. */
function removeSpareNames(layout: Layout, goals: Goals): void {
  for (const [ino, goal] of goals) {
    if (goal.like.type === "directory") continue;
    const names = layout.names(ino);
    const lost = names.filter((link) => !hasLink(goal.names, link));
    const gained = goal.names.filter((link) => !hasLink(names, link));
    for (const link of lost.slice(gained.length)) layout.remove("unlink", ino, link);
  }
}

function removeDirectory(layout: Layout, ino: Ino): void {
  const [link] = layout.names(ino);
  if (link !== undefined) layout.remove("rmdir", ino, link);
}

/** Places directories from the top down, so that each is in place before anything is put into it; then the rest. */
function place(now: Tree, layout: Layout, goals: Goals, depths: Depths): void {
  const placing = new Placing(now, layout, goals);
  const directories = [...goals]
    .filter(([, goal]) => goal.like.type === "directory" && goal.names.length > 0)
    .map(([ino, goal]) => ({ ino, goal, depth: depths.of(ino) }))
    .sort((left, right) => left.depth - right.depth);
  for (const { ino, goal } of directories) placing.place(ino, goal, "aside");
  for (const [ino, goal] of goals) {
    if (goal.like.type !== "directory") placing.place(ino, goal, "on");
  }
}

/** The most inodes in a row, each in the place of the one before, to move to their own places; the next one goes aside. */
const longestRow = 1_000;

class Placing {
  readonly #now: Tree;
  readonly #layout: Layout;
  readonly #goals: Goals;
  readonly #busy = new Set<Ino>();

  constructor(now: Tree, layout: Layout, goals: Goals) {
    this.#now = now;
    this.#layout = layout;
    this.#goals = goals;
  }

  /** Moves an inode in the way "on" to its own place if possible, or "aside". */
  place(ino: Ino, goal: Goal, others: "on" | "aside"): void {
    for (const link of goal.names) {
      if (!hasLink(this.#layout.names(ino), link)) this.#put(ino, goal, link, others);
    }
  }

  #put(ino: Ino, goal: Goal, link: Link, others: "on" | "aside", from?: Link): void {
    this.#busy.add(ino);
    const occupant = this.#layout.at(link);
    if (occupant !== undefined) this.#clear(occupant, link, others);
    this.#busy.delete(ino);
    const names = this.#layout.names(ino);
    const source = from ?? names.find((name) => !hasLink(goal.names, name));
    if (source !== undefined) this.#layout.rename(ino, source, link);
    else if (names.length > 0) this.#layout.link(ino, link);
    else this.#layout.make(goal.like, ino, link);
  }

  #clear(occupant: Ino, link: Link, others: "on" | "aside"): void {
    const goal = this.#goals.get(occupant);
    if (goal === undefined) {
      const path = pathIn(this.#now, link.parent, link.name);
      throw new RestoreError("blocked", `${path} is taken by something else`);
    }
    const next = goal.names.find((name) => !hasLink(this.#layout.names(occupant), name));
    const canGoOn = others === "on" && !this.#busy.has(occupant) && this.#busy.size < longestRow;
    if (canGoOn && goal.like.type !== "directory" && next !== undefined) {
      this.#put(occupant, goal, next, others, link);
    } else {
      this.#layout.rename(occupant, link, this.#layout.freeName(link.parent));
    }
  }
}

/** Points files at their goals' content. Returns the inodes that it changed. */
function setContents(now: Tree, layout: Layout, goals: Goals): ReadonlySet<Ino> {
  const changed = new Set<Ino>();
  for (const [ino, { like, names }] of goals) {
    if (like.type !== "file" || names.length === 0) continue;
    const { content } = like;
    const before = layout.made.has(ino) ? undefined : inodeOf(now, ino);
    const isSame =
      before?.type === "file" ? sameContent(before.content, content) : content.size === 0;
    if (isSame) continue;
    const extents = [...extentsOf(content)].filter(({ tape }) => tape !== "hole");
    layout.commands.push({ kind: "revert", ino, size: content.size, extents });
    changed.add(ino);
  }
  return changed;
}

function setModes(now: Tree, layout: Layout, goals: Goals): void {
  for (const [ino, goal] of goals) {
    const { like } = goal;
    // New inodes get their mode when they are made.
    if (like.type === "symlink" || isGoing(ino, goal) || layout.made.has(ino)) continue;
    const before = inodeOf(now, ino);
    if (before === undefined || before.type === "symlink" || before.mode === like.mode) continue;
    layout.commands.push({ kind: "set-mode", ino, ...modeIn(like) });
  }
}

/** Attributes get the values of before, where they stand on the tape. */
function setXattrs(now: Tree, layout: Layout, goals: Goals): void {
  for (const [ino, goal] of goals) {
    if (isGoing(ino, goal)) continue;
    const wanted = xattrsOf(goal.like);
    const before = layout.made.has(ino) ? undefined : inodeOf(now, ino);
    const standing = before === undefined ? undefined : xattrsOf(before);
    // Goes first, as there may be no room for both.
    for (const [attribute] of standing ?? [])
      if (wanted?.has(attribute) !== true)
        layout.commands.push({ kind: "remove-xattr", ino, attribute });
    for (const [attribute, { tape, length }] of wanted ?? []) {
      const known = standing?.get(attribute);
      if (known?.tape === tape && known.length === length) continue;
      layout.commands.push({ kind: "revert-xattr", ino, attribute, length, source: tape });
    }
  }
}

function setTimes(now: Tree, layout: Layout, goals: Goals, changed: ReadonlySet<Ino>): void {
  for (const [ino, goal] of goals) {
    if (goal.times === "now" || isGoing(ino, goal)) continue;
    const { atime, mtime } = goal.like;
    const before = layout.made.has(ino) ? undefined : inodeOf(now, ino);
    const keepsMtime = before?.mtime === mtime && !changed.has(ino) && !layout.touched.has(ino);
    if (before?.atime === atime && keepsMtime) continue;
    layout.commands.push({
      kind: "set-times",
      ino,
      ...(before?.atime === atime ? {} : { atime }),
      ...(keepsMtime ? {} : { mtime }),
    });
  }
}

/** Computes how deep inodes will be. */
class Depths {
  readonly #now: Tree;
  readonly #goals: Goals;
  readonly #known = new Map<Ino, number>([[rootIno, 0]]);

  constructor(now: Tree, goals: Goals) {
    this.#now = now;
    this.#goals = goals;
  }

  of(ino: Ino): number {
    const way: Ino[] = [];
    const seen = new Set<Ino>();
    let at = ino;
    for (; !this.#known.has(at); at = this.#parentOf(at)) {
      if (seen.has(at)) {
        const path = pathOf(this.#now, ino);
        throw new RestoreError(
          "blocked",
          `${path} cannot be restored: its directory would be inside itself`,
        );
      }
      seen.add(at);
      way.push(at);
    }
    let depth = this.#known.get(at) ?? 0;
    for (const below of way.reverse()) this.#known.set(below, (depth += 1));
    return depth;
  }

  #parentOf(ino: Ino): Ino {
    const goal = this.#goals.get(ino);
    const [link] = goal === undefined ? (inodeOf(this.#now, ino)?.names ?? []) : goal.names;
    if (link !== undefined) return link.parent;
    throw new RestoreError(
      "blocked",
      `${pathOf(this.#now, ino)} is gone, and the directory of something to restore`,
    );
  }
}

function depthNow(now: Tree, ino: Ino): number {
  let depth = 0;
  for (let at = inodeOf(now, ino)?.names[0]; at !== undefined; depth += 1) {
    at = inodeOf(now, at.parent)?.names[0];
  }
  return depth;
}
