import type { Event, Name, Seq } from "../journal/index.ts";
import { type Directory, type Inode, childOf, inodeOf } from "../src/fs/index.ts";
import { type Change, compareText } from "../src/history/index.ts";
import type { Recording } from "./recording.ts";

export type Letter = "A" | "M" | "D" | "R";

/** One line of the tree. `inode` is missing for what is gone, which is shown where it stood. */
export interface TreeRow {
  readonly path: string;
  readonly name: string;
  readonly depth: number;
  readonly inode: Inode | undefined;
  readonly isOpen: boolean;
  readonly letter: Letter | undefined;
}

export interface TreeView {
  readonly at: Seq;
  /** Compared with this moment; without one, with the event before. */
  readonly pin: Seq | undefined;
  readonly open: ReadonlySet<string>;
  /** The way to it is open too. */
  readonly path: string;
}

/** The lines of the tree at a moment, the root first. */
export function treeRows(recording: Recording, { at, pin, open, path }: TreeView): TreeRow[] {
  const tree = recording.tree(at);
  const letters = lettersFor(recording, at, pin);
  const gone = goneBelow(letters);
  const way = new Set(ancestors(path));
  const rows: TreeRow[] = [];

  const add = (name: string, path: string, depth: number, inode: Inode | undefined): void => {
    const isDirectory = inode?.type === "directory";
    const isOpen = isDirectory && (open.has(path) || way.has(path));
    rows.push({ path, name, depth, inode, isOpen, letter: letters.get(path) });
    if (isDirectory && isOpen) addChildren(inode, path, depth + 1);
  };
  const addChildren = (directory: Directory, path: string, depth: number): void => {
    const prefix = path === "/" ? "/" : `${path}/`;
    const names = withGone(recording.names.sorted(directory), gone.get(path));
    for (const name of names) {
      const ino = childOf(tree, directory.ino, name);
      add(name, prefix + name, depth, ino === undefined ? undefined : inodeOf(tree, ino));
    }
  };
  const root = recording.inodeAt("/", at);
  add("/", "/", 0, root);
  return rows;
}

/** The row of a path, or of the nearest directory above it that has one. */
export function rowOfPath(rows: readonly TreeRow[], path: string): number {
  for (const candidate of [path, ...ancestors(path).reverse()]) {
    const row = rows.findIndex((one) => one.path === candidate);
    if (row >= 0) return row;
  }
  return 0;
}

/** The directories above a path, from the root on. */
export function ancestors(path: string): string[] {
  const parts = path.split("/").filter((part) => part !== "");
  return parts.map((_, index) => (index === 0 ? "/" : `/${parts.slice(0, index).join("/")}`));
}

/** What became of each path: since the pin, or by the last event. A directory with a change below it is changed. */
export function lettersFor(
  recording: Recording,
  at: Seq,
  pin: Seq | undefined,
): ReadonlyMap<string, Letter> {
  const letters = new Map<string, Letter>();
  const event = recording.event(at);
  const found =
    pin === undefined
      ? event === undefined
        ? []
        : lettersOf(event)
      : recording.changes(pin, at, "/").flatMap(lettersOfChange);
  for (const [path, letter] of found) {
    letters.set(path, letter);
    for (const directory of ancestors(path))
      if (!letters.has(directory)) letters.set(directory, "M");
  }
  return letters;
}

function lettersOf(event: Event): (readonly [string, Letter])[] {
  switch (event.kind) {
    case "create":
    case "mkdir":
    case "symlink":
    case "link":
      return [[event.path, "A"]];
    case "write":
    case "set-size":
    case "set-times":
    case "revert":
      return [[event.path, "M"]];
    case "unlink":
    case "rmdir":
      return [[event.path, "D"]];
    case "rename":
      return [
        [event.path, "D"],
        [event.to, "R"],
      ];
    case "run-start":
    case "run-end":
    case "mark":
    case "fail":
    case "read":
    case "open":
      return [];
  }
}

export const letterOf = {
  added: "A",
  removed: "D",
  modified: "M",
  renamed: "R",
  "type-changed": "M",
} as const satisfies Record<Change["change"], Letter>;

function lettersOfChange({ path, from, change }: Change): (readonly [string, Letter])[] {
  const here = [path, letterOf[change]] as const;
  return change === "renamed" && from !== undefined ? [[from, "D"], here] : [here];
}

/** Names that are gone, by the directory that they stood in. */
function goneBelow(letters: ReadonlyMap<string, Letter>): Map<string, Name[]> {
  const gone = new Map<string, Name[]>();
  for (const [path, letter] of letters) {
    if (letter !== "D") continue;
    const slash = path.lastIndexOf("/");
    const parent = slash <= 0 ? "/" : path.slice(0, slash);
    const names = gone.get(parent) ?? [];
    names.push(path.slice(slash + 1) as Name);
    gone.set(parent, names);
  }
  return gone;
}

function withGone(names: readonly Name[], gone: readonly Name[] | undefined): readonly Name[] {
  if (gone === undefined) return names;
  const known = new Set(names);
  const missing = gone.filter((name) => !known.has(name));
  return missing.length === 0 ? names : [...names, ...missing].sort(compareText);
}
