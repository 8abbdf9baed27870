import { type Event, type Name, type Seq, rootIno } from "../../journal/index.ts";
import { type Directory, type Inode, type Tree, childOf, inodeOf } from "../../src/fs/index.ts";
import { type Change, compareText } from "../../src/history/index.ts";
import { beforeRun, tellsRun } from "../state/moment.ts";
import type { Recording } from "../recording/recording.ts";
import { placeIn } from "../recording/tree-names.ts";

export type Letter = "A" | "M" | "D" | "R";

/** One line of the tree. `inode` is missing for a removed entry, which is shown at its former place. */
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
  /**
   * Compared with this moment; without one, with the event before, or at a run's end, with the state before the run.
   */
  readonly pin: Seq | undefined;
  readonly open: ReadonlySet<string>;
  /** The directories above it are open too. */
  readonly path: string;
}

/** The lines of the tree, the root first. They are made on demand: a directory may have any number. */
export interface TreeRows {
  readonly count: number;
  row(index: number): TreeRow | undefined;
  /** Returns the row of a path, or of the nearest directory above it that has one. */
  rowOf(path: string): number;
}

/** Lists the tree at a moment. */
export function treeRows(recording: Recording, { at, pin, open, path }: TreeView): TreeRows {
  const tree = recording.tree(at);
  const letters = lettersFor(recording, at, pin);
  const gone = goneBelow(letters);
  const opened = byDirectory([...open, ...ancestors(path)]);

  const openAt = (directory: Directory, path: string): OpenDirectory => {
    const prefix = path === "/" ? "/" : `${path}/`;
    const names = withGone(recording.names.sorted(directory), gone.get(path));
    const below: { index: number; directory: OpenDirectory }[] = [];
    let count = names.length;
    for (const name of opened.get(path) ?? []) {
      const inode = childIn(tree, directory, name);
      if (inode?.type !== "directory") continue;
      const child = openAt(inode, prefix + name);
      below.push({ index: placeIn(names, name), directory: child });
      count += child.count;
    }
    below.sort((left, right) => left.index - right.index);
    return { directory, prefix, names, below, count };
  };

  const rowOfChild = (parent: OpenDirectory, index: number, depth: number): TreeRow | undefined => {
    const name = parent.names[index];
    if (name === undefined) return undefined;
    const path = parent.prefix + name;
    const inode = childIn(tree, parent.directory, name);
    const isOpen = parent.below.some((one) => one.index === index);
    return { path, name, depth, inode, isOpen, letter: letters.get(path) };
  };

  const rowIn = (parent: OpenDirectory, index: number, depth: number): TreeRow | undefined => {
    let skipped = 0;
    for (const { index: at, directory } of parent.below) {
      if (index - skipped <= at) break;
      if (index - skipped <= at + directory.count)
        return rowIn(directory, index - skipped - at - 1, depth + 1);
      skipped += directory.count;
    }
    return rowOfChild(parent, index - skipped, depth);
  };

  const root = inodeOf(tree, rootIno);
  const isOpen = open.has("/") || path !== "/";
  const top = root?.type === "directory" && isOpen ? openAt(root, "/") : undefined;
  return {
    count: 1 + (top?.count ?? 0),
    row: (index) =>
      index === 0
        ? {
            path: "/",
            name: "/",
            depth: 0,
            inode: root,
            isOpen: top !== undefined,
            letter: letters.get("/"),
          }
        : top === undefined
          ? undefined
          : rowIn(top, index - 1, 1),
    rowOf(path) {
      let row = 0;
      let directory = top;
      for (const name of path.split("/").filter((part) => part !== "")) {
        if (directory === undefined) break;
        const index = placeIn(directory.names, name as Name);
        if (directory.names[index] !== name) break;
        row += 1 + index;
        for (const one of directory.below) if (one.index < index) row += one.directory.count;
        directory = directory.below.find((one) => one.index === index)?.directory;
      }
      return row;
    },
  };
}

/** A directory whose entries are shown; `below` are its own open directories, in order. */
interface OpenDirectory {
  readonly directory: Directory;
  /** Its path with a slash at its end. */
  readonly prefix: string;
  readonly names: readonly Name[];
  readonly below: readonly { readonly index: number; readonly directory: OpenDirectory }[];
  /** Number of rows shown below it. */
  readonly count: number;
}

function childIn(tree: Tree, { ino }: Directory, name: Name): Inode | undefined {
  const child = childOf(tree, ino, name);
  return child === undefined ? undefined : inodeOf(tree, child);
}

/** Groups paths by their directory; the root has none. */
function byDirectory(paths: Iterable<string>): Map<string, Set<Name>> {
  const found = new Map<string, Set<Name>>();
  for (const path of paths) {
    if (path === "/") continue;
    const { parent, name } = split(path);
    const names = found.get(parent) ?? new Set();
    names.add(name);
    found.set(parent, names);
  }
  return found;
}

function split(path: string): { readonly parent: string; readonly name: Name } {
  const slash = path.lastIndexOf("/");
  return { parent: slash <= 0 ? "/" : path.slice(0, slash), name: path.slice(slash + 1) as Name };
}

/** Returns the directories above a path, from the root on. */
export function ancestors(path: string): string[] {
  const parts = path.split("/").filter((part) => part !== "");
  return parts.map((_, index) => (index === 0 ? "/" : `/${parts.slice(0, index).join("/")}`));
}

/**
 * Returns the change of each path: since the pin, or by the last event; if that begins or ends a run or is a mark, in
 * the run. A directory with a change below it is changed.
 */
export function lettersFor(
  recording: Recording,
  at: Seq,
  pin: Seq | undefined,
): ReadonlyMap<string, Letter> {
  const letters = new Map<string, Letter>();
  for (const [path, letter] of changesFor(recording, at, pin)) {
    letters.set(path, letter);
    for (const directory of ancestors(path))
      if (!letters.has(directory)) letters.set(directory, "M");
  }
  return letters;
}

function changesFor(
  recording: Recording,
  at: Seq,
  pin: Seq | undefined,
): (readonly [string, Letter])[] {
  const event = recording.event(at);
  const told = event !== undefined && tellsRun(recording, event);
  const from = pin ?? (told ? beforeRun(recording, at) : undefined);
  if (from !== undefined) return recording.changes(from, at, "/").flatMap(lettersOfChange);
  return event === undefined ? [] : lettersOf(event);
}

function lettersOf(event: Event): (readonly [string, Letter])[] {
  switch (event.kind) {
    case "create":
    case "mkdir":
    case "mknod":
    case "symlink":
    case "link":
    case "listing":
      return [[event.path, "A"]];
    case "write":
    case "set-size":
    case "set-times":
    case "set-mode":
    case "set-xattr":
    case "revert-xattr":
    case "remove-xattr":
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
    case "exchange":
      return [
        [event.path, "R"],
        [event.to, "R"],
      ];
    case "process":
    case "decision":
    case "run-start":
    case "run-end":
    case "mark":
    case "fetch":
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

/** Groups removed names by their former directory. */
function goneBelow(letters: ReadonlyMap<string, Letter>): Map<string, Set<Name>> {
  return byDirectory([...letters].flatMap(([path, letter]) => (letter === "D" ? [path] : [])));
}

/** Up to this many are inserted one by one; more are sorted in. */
const fewGone = 16;

function withGone(names: readonly Name[], gone: Iterable<Name> = []): readonly Name[] {
  const all = [...gone].filter((name) => names[placeIn(names, name)] !== name);
  if (all.length === 0) return names;
  if (all.length > fewGone) return [...names, ...all].sort(compareText);
  const shown = [...names];
  for (const name of all) shown.splice(placeIn(shown, name), 0, name);
  return shown;
}
