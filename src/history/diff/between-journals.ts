import type { Event, Ino, Journal, TapePosition, PromisedFile } from "../../../journal/index.ts";
import {
  type Content,
  type File,
  type Inode,
  type Tree,
  cover,
  emptyContent,
  extentsOf,
  hasOtherMode,
  resize,
} from "../../fs/index.ts";
import { sameBytes } from "./changed-bytes.ts";
import { type Change, isAtOrBelow } from "./diff.ts";
import type { History } from "../view/history.ts";
import { type ReadTape, comparableTape, tapeOf } from "../snapshots/read-tape.ts";
import { compareText, lookup, readdir } from "../view/view.ts";

/** The bytes of files, and which of them are redacted. */
export type Tapes = Pick<Journal, "readTape" | "redacted" | "promised">;

/** A state of one of two journals. */
export interface JournalState {
  readonly history: History;
  readonly tree: Tree;
}

/** The changes from a state of one journal to a state of another. */
export interface ChangesBetween {
  /** Sorted by path; a renamed directory is one change. */
  readonly changes: readonly Change[];
  /** The same with each path below a renamed directory. */
  readonly everyChange: readonly Change[];
  /** Holds the contents of both sides of these changes. */
  readonly tapes: Tapes;
}

/**
 * Compares the states of two journals path by path, each file by its bytes. An entry that was made before one journal
 * was forked from the other is known again under another path; of unrelated journals only paths are compared.
 */
export function changesBetween(
  before: JournalState,
  after: JournalState,
  paths?: readonly string[],
): ChangesBetween {
  const tapes = tapesOfBoth(before.history.journal, after.history.journal);
  const readTape = comparableTape(tapes);
  const [gone, come]: [Map<string, Inode>, Map<string, Inode>] = [new Map(), new Map()];
  const found: Change[] = [];
  for (const { path, left, right } of pairs(before.tree, after.tree)) {
    if (left !== undefined && right !== undefined && left.type !== right.type)
      found.push({ path, change: "type-changed", before: left, after: right, content: "changed" });
    else if (left === undefined && right !== undefined) come.set(path, right);
    else if (right === undefined && left !== undefined) gone.set(path, left);
    else if (left !== undefined && right !== undefined) {
      const content = contentChange(left, right, readTape);
      const now = { ...right, ino: left.ino };
      if (content === "changed" || hasOtherMode(left, now))
        found.push({ path, change: "modified", before: left, after: now, content });
    }
  }
  const nextIno = commonInodes(before.history, after.history);
  for (const [path, from] of renames(gone, come, nextIno)) {
    const [left, right] = [gone.get(from), come.get(path)];
    if (left === undefined || right === undefined) continue;
    const content = contentChange(left, right, readTape);
    found.push({ path, change: "renamed", from, before: left, after: right, content });
    gone.delete(from);
    come.delete(path);
  }
  for (const [path, inode] of gone)
    found.push({ path, change: "removed", before: inode, content: "changed" });
  for (const [path, inode] of come)
    found.push({ path, change: "added", after: inode, content: "changed" });
  const everyChange = found
    .filter(({ path, from = path }) => isWithin(path, paths) || isWithin(from, paths))
    .sort((one, other) => compareText(one.path, other.path));
  return { changes: withoutMovedAlong(everyChange), everyChange, tapes };
}

function isWithin(path: string, paths: readonly string[] | undefined): boolean {
  return paths === undefined || paths.some((top) => isAtOrBelow(path, top));
}

interface Pair {
  readonly path: string;
  readonly left: Inode | undefined;
  readonly right: Inode | undefined;
}

/** Yields each path of either tree, contents of the right one on the joined tape. */
function* pairs(before: Tree, after: Tree): Generator<Pair> {
  const rest: Pair[] = [{ path: "", left: lookup(before, "/"), right: lookup(after, "/") }];
  for (let pair = rest.pop(); pair !== undefined; pair = rest.pop()) {
    const { path, left, right } = pair;
    yield { path: path === "" ? "/" : path, left, right: right && onJoinedTape(right) };
    const names = new Map<string, { left?: Inode; right?: Inode }>();
    if (left !== undefined)
      for (const { name, inode } of readdir(before, left)) names.set(name, { left: inode });
    if (right !== undefined)
      for (const { name, inode } of readdir(after, right))
        names.set(name, { ...names.get(name), right: inode });
    for (const [name, both] of names)
      rest.push({ path: `${path}/${name}`, left: both.left, right: both.right });
  }
}

/** The second journal's tape begins here; no tape is so long. */
const secondTape = 2 ** 52;

function onJoinedTape(inode: Inode): Inode {
  return inode.type === "file" ? { ...inode, content: moved(inode) } : inode;
}

function moved({ content }: File): Content {
  const copy = emptyContent();
  for (const { offset, length, tape } of extentsOf(content))
    if (tape !== "hole") cover(copy, offset, length, (tape + secondTape) as TapePosition);
  resize(copy, content.size);
  return copy as Content;
}

function tapesOfBoth(first: Journal, second: Journal): Tapes {
  const [one, other] = [tapeOf(first), tapeOf(second)];
  const readTape: ReadTape = (position, length, target, at) =>
    position < secondTape
      ? one(position, length, target, at)
      : other(position - secondTape, length, target, at);
  const promised = (position: number): PromisedFile | undefined => {
    if (position < secondTape) return first.promised?.(position);
    const file = second.promised?.(position - secondTape);
    return file && { ...file, start: (file.start + secondTape) as TapePosition };
  };
  return {
    readTape,
    promised,
    redacted: (start, end) =>
      start < secondTape
        ? first.redacted(start, end)
        : second
            .redacted(start - secondTape, end - secondTape)
            .map((span) => ({ ...span, start: (span.start + secondTape) as TapePosition })),
  };
}

function contentChange(before: Inode, after: Inode, readTape: ReadTape): Change["content"] {
  if (before.type === "file" && after.type === "file")
    return sameBytes(before.content, after.content, readTape) ? "same" : "changed";
  if (before.type === "symlink" && after.type === "symlink")
    return before.target === after.target ? "same" : "changed";
  return "same";
}

/** Returns the first inode number that does not mean the same in both journals. */
function commonInodes(one: History, other: History): Ino {
  const [left, right] = [one.journal, other.journal];
  let low = Math.max(left.base()?.seq ?? 0, right.base()?.seq ?? 0);
  const first = low;
  let high = Math.min(left.head(), right.head());
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (isSameEvent(left.event(middle), right.event(middle))) low = middle;
    else high = middle - 1;
  }
  if (low === first) return 0 as Ino;
  return one.state(low).tree.nextIno;
}

function isSameEvent(one: Event | undefined, other: Event | undefined): boolean {
  if (one === undefined || other === undefined) return false;
  return one.time === other.time && one.run === other.run && one.kind === other.kind;
}

/** Yields pairs of a new and a former path of one inode. */
function* renames(
  gone: ReadonlyMap<string, Inode>,
  come: ReadonlyMap<string, Inode>,
  nextIno: Ino,
): Generator<readonly [string, string]> {
  const former = new Map<Ino, string>();
  for (const [path, { ino }] of gone) if (ino < nextIno) former.set(ino, path);
  for (const [path, { ino, type }] of come) {
    const from = former.get(ino);
    if (from === undefined || gone.get(from)?.type !== type) continue;
    former.delete(ino);
    yield [path, from];
  }
}

/** Leaves out what only moved with its directory. */
function withoutMovedAlong(changes: readonly Change[]): Change[] {
  const from = new Map(
    changes.flatMap((change) =>
      change.change === "renamed" && change.from !== undefined ? [[change.path, change.from]] : [],
    ),
  );
  return changes.filter((change) => {
    if (change.change !== "renamed" || change.content === "changed") return true;
    if (change.before !== undefined && change.after !== undefined)
      if (hasOtherMode(change.before, change.after)) return true;
    const [above, name] = splitPath(change.path);
    const [formerly, former] = splitPath(change.from ?? "");
    return name !== former || from.get(above) !== formerly;
  });
}

function splitPath(path: string): readonly [string, string] {
  const at = path.lastIndexOf("/");
  return [path.slice(0, at), path.slice(at + 1)];
}
