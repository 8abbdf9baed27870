import { type Ino, type Name, rootIno } from "../../../journal/index.ts";
import {
  type Content,
  type Inode,
  type Link,
  type Tree,
  differences,
  inodeOf,
  modeOf,
  pathIn,
  pathOf,
  hasOtherMode,
  sameXattrs,
  sizeOf,
  type XattrValue,
  xattrsOf,
} from "../../fs/index.ts";
import { comparedSpans, movedRanges, sameBytes } from "./changed-bytes.ts";
import type { ReadTape } from "../snapshots/read-tape.ts";
import { expecting } from "../view/expecting.ts";
import { compareText } from "../view/view.ts";

/** The kind of change of a path. */
export type ChangeKind = "added" | "removed" | "modified" | "renamed" | "type-changed";

/** The change of one path. */
export interface Change {
  /** The path now; for a removed inode, where it would be in its directory, wherever that is now. */
  readonly path: string;
  readonly change: ChangeKind;
  /** The path before, if it was different: the inode or a directory above it was renamed. */
  readonly from?: string;
  readonly before?: Inode;
  readonly after?: Inode;
  /** "changed" if bytes or a link's target differ; "same" if it was only renamed, touched, or given a mode or attributes. */
  readonly content: "same" | "changed";
  /** The former inode at `path`, if another was renamed onto it. */
  readonly replaced?: Inode;
}

/** Options of a comparison. */
export interface DiffOptions {
  /** Limits the result to changes at or below these paths, before or after. */
  readonly paths?: readonly string[];
  /** "include" counts a change of nothing but times. */
  readonly times?: "ignore" | "include";
  /** Reads the tape, to leave out files that were rewritten with the same bytes. @internal */
  readonly readTape?: ReadTape;
}

/**
 * Returns the changes from one state to another, sorted by path in byte order. The cost depends on the changes and not
 * on the trees, because shared parts are skipped unread. A renamed directory is one change; an added or removed one is
 * one change for each path.
 */
export function diffTrees(before: Tree, after: Tree, options: DiffOptions = {}): Change[] {
  const changes: Change[] = [];
  const gone: Gone[] = [];
  const come = new Map<string, Inode>();
  const different = differences<Inode>(before.inodes, after.inodes);
  const spans = ([, left, right]: Pair) => comparedSpans(left, right);
  for (const [, left, right] of expecting(different, options.readTape, spans)) {
    const { kept, moved, lost, gained } = compareNames(left?.names ?? [], right?.names ?? []);
    if (left !== undefined) {
      for (const link of lost) {
        gone.push({
          path: placeNow(before, after, link),
          from: pathOfLink(before, link),
          inode: left,
        });
      }
    }
    for (const link of gained) if (right !== undefined) come.set(pathOfLink(after, link), right);
    if (left === undefined || right === undefined) continue;
    const content = contentChange(left, right, options);
    for (const [was, is] of moved) {
      const [from, path] = [pathOfLink(before, was), pathOfLink(after, is)];
      changes.push({ path, change: "renamed", from, before: left, after: right, content });
    }
    const isTouched = options.times === "include" && timesDiffer(left, right);
    const isSame = content === "same" && !hasOtherMode(left, right);
    if (isSame && xattrsBetween(left, right, options).length === 0 && !isTouched) continue;
    for (const link of kept) {
      const [from, path] = [pathOfLink(before, link), pathOfLink(after, link)];
      const change = { path, change: "modified", before: left, after: right, content } as const;
      changes.push({ ...change, ...fromOf(from, path) });
    }
  }
  const isWithin = atOrBelow(options.paths);
  return [...resolveGone(changes, gone, come, options), ...addedIn(come, gone)]
    .filter(({ path, from }) => isWithin(path) || (from !== undefined && isWithin(from)))
    .sort((left, right) => compareText(left.path, right.path));
}

type Pair = readonly [number, Inode | undefined, Inode | undefined];

/** A name that an inode lost. */
interface Gone {
  /** The path that it would have now, in its directory, wherever that is. */
  readonly path: string;
  readonly from: string;
  readonly inode: Inode;
}

/** Returns the modes before and after, if the new one was set and differs. */
export function modesOf({ before, after }: Change): { before: number; after: number } | undefined {
  if (before === undefined || after === undefined || !hasOtherMode(before, after)) return undefined;
  return { before: modeOf(before), after: modeOf(after) };
}

/** The change of one extended attribute. */
export interface XattrChange {
  readonly attribute: string;
  readonly change: "added" | "removed" | "changed";
}

/** Returns the extended attributes that differ, by name; with `readTape`, not those that have the same bytes. */
export function xattrChangesOf(
  { before, after }: Change,
  options: Pick<DiffOptions, "readTape"> = {},
): XattrChange[] {
  if (before === undefined || after === undefined) return [];
  return xattrsBetween(before, after, options);
}

function xattrsBetween(
  before: Inode,
  after: Inode,
  { readTape }: Pick<DiffOptions, "readTape">,
): XattrChange[] {
  const [left, right] = [xattrsOf(before), xattrsOf(after)];
  if (sameXattrs(left, right)) return [];
  const changes: XattrChange[] = [];
  for (const attribute of new Set([...(left?.keys() ?? []), ...(right?.keys() ?? [])])) {
    const [was, is] = [left?.get(attribute), right?.get(attribute)];
    if (is === undefined) changes.push({ attribute, change: "removed" });
    else if (was === undefined) changes.push({ attribute, change: "added" });
    else if (!sameValue(was, is, readTape)) changes.push({ attribute, change: "changed" });
  }
  return changes.sort((one, other) => compareText(one.attribute, other.attribute));
}

function sameValue(was: XattrValue, is: XattrValue, readTape: ReadTape | undefined): boolean {
  if (was.tape === is.tape && was.length === is.length) return true;
  if (was.length !== is.length || readTape === undefined) return false;
  const read = ({ tape, length }: XattrValue) => {
    const bytes = Buffer.alloc(length);
    readTape(tape, length, bytes);
    return bytes;
  };
  return read(was).equals(read(is));
}

/** Returns the sizes before and after, for `diff --json`. */
export function sizesOf(change: Change): { before: number | undefined; after: number | undefined } {
  return {
    before: change.before === undefined ? undefined : sizeOf(change.before),
    after: change.after === undefined ? undefined : sizeOf(change.after),
  };
}

interface Names {
  readonly kept: readonly Link[];
  readonly moved: readonly (readonly [Link, Link])[];
  readonly lost: readonly Link[];
  readonly gained: readonly Link[];
}

/** Pairs the names that an inode lost with those that it gained, in order: a pair is a rename. */
function compareNames(before: readonly Link[], after: readonly Link[]): Names {
  const [was, is] = [before[0], after[0]];
  if (before.length === 1 && after.length === 1 && was !== undefined && is !== undefined) {
    return sameLink(was, is)
      ? { kept: after, moved: [], lost: [], gained: [] }
      : { kept: [], moved: [[was, is]], lost: [], gained: [] };
  }
  const left = new Set(before.map(keyOf));
  const right = new Set(after.map(keyOf));
  const lost = before.filter((link) => !right.has(keyOf(link)));
  const gained = after.filter((link) => !left.has(keyOf(link)));
  const pairs = Math.min(lost.length, gained.length);
  return {
    kept: after.filter((link) => left.has(keyOf(link))),
    moved: lost.slice(0, pairs).flatMap((link, index) => {
      const to = gained[index];
      return to === undefined ? [] : [[link, to] as const];
    }),
    lost: lost.slice(pairs),
    gained: gained.slice(pairs),
  };
}

/** Reports a lost name: as removed, together with the new inode at its path, or with the rename that replaced it. */
function resolveGone(
  changes: readonly Change[],
  gone: readonly Gone[],
  come: ReadonlyMap<string, Inode>,
  options: DiffOptions,
): Change[] {
  const told: Change[] = [];
  const replaced = new Map<string, Inode>();
  const renamed = new Set(
    changes.filter(({ change }) => change === "renamed").map(({ path }) => path),
  );
  const paired = new Set<string>();
  for (const { path, from, inode: before } of gone) {
    const after = paired.has(path) ? undefined : come.get(path);
    if (after !== undefined) {
      paired.add(path);
      const content = contentChange(before, after, options);
      const change = after.type === before.type ? "modified" : "type-changed";
      const hasXattrs = () => xattrsBetween(before, after, options).length > 0;
      if (content === "changed" || hasOtherMode(before, after) || hasXattrs()) {
        told.push({ path, change, ...fromOf(from, path), before, after, content });
      }
    } else if (renamed.has(path) && !replaced.has(path)) {
      replaced.set(path, before);
    } else {
      told.push({ path, change: "removed", ...fromOf(from, path), before, content: "changed" });
    }
  }
  const others = changes.map((change) => {
    const before = change.change === "renamed" ? replaced.get(change.path) : undefined;
    return before === undefined ? change : { ...change, replaced: before };
  });
  return [...others, ...told];
}

function* addedIn(come: ReadonlyMap<string, Inode>, gone: readonly Gone[]): Generator<Change> {
  const left = new Set(gone.map(({ path }) => path));
  for (const [path, after] of come) {
    if (!left.has(path)) yield { path, change: "added", after, content: "changed" };
  }
}

function fromOf(from: string, path: string): { readonly from?: string } {
  return from === path ? {} : { from };
}

/**
 * Returns the path that a lost name would have in the state after: below its directory, or below the path which that
 * would have.
 */
function placeNow(before: Tree, after: Tree, { parent, name }: Link): string {
  let path = `/${name}`;
  for (let at = parent; at !== rootIno;) {
    const inode = inodeOf(after, at);
    if (inode !== undefined && inode.names.length > 0) return pathOf(after, at) + path;
    const link = inodeOf(before, at)?.names[0];
    if (link === undefined || path.length > longestPath) return path;
    path = `/${link.name}${path}`;
    at = link.parent;
  }
  return path;
}

const longestPath = 4_096;

function contentChange(before: Inode, after: Inode, { readTape }: DiffOptions): Change["content"] {
  if (before.type === "file" && after.type === "file") {
    if (samePlaces(before.content, after.content)) return "same";
    if (readTape === undefined) return "changed";
    return sameBytes(before.content, after.content, readTape) ? "same" : "changed";
  }
  if (before.type === "symlink" && after.type === "symlink") {
    return before.target === after.target ? "same" : "changed";
  }
  return before.type === after.type ? "same" : "changed";
}

/** Tells whether two contents are at the same places of the tape, however they are cut into pieces. */
function samePlaces(before: Content, after: Content): boolean {
  if (before === after) return true;
  return before.size === after.size && movedRanges(before, after).next().done === true;
}

function timesDiffer(before: Inode, after: Inode): boolean {
  return before.mtime !== after.mtime || before.atime !== after.atime;
}

/** Tells whether a path is `top` or below it. */
export function isAtOrBelow(path: string, top: string): boolean {
  const base = top.endsWith("/") ? top.slice(0, -1) : top;
  return path === base || base === "" || path.startsWith(`${base}/`);
}

/**
 * Returns a test that tells whether a path is one of some tops or below one; all paths are, if none are given. It takes
 * time that follows the path's depth.
 */
export function atOrBelow(tops: readonly string[] | undefined): (path: string) => boolean {
  if (tops === undefined) return () => true;
  const bases = new Set(tops.map((top) => (top.endsWith("/") ? top.slice(0, -1) : top)));
  return (path) => {
    for (let at = path; ; at = at.slice(0, Math.max(at.lastIndexOf("/"), 0))) {
      if (bases.has(at)) return true;
      if (at === "") return false;
    }
  };
}

function pathOfLink(tree: Tree, { parent, name }: { parent: Ino; name: Name }): string {
  return pathIn(tree, parent, name);
}

function sameLink(left: Link, right: Link): boolean {
  return left.parent === right.parent && left.name === right.name;
}

function keyOf({ parent, name }: Link): string {
  return `${parent}/${name}`;
}
