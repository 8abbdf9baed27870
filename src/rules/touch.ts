import type { Draft, Ino, Name } from "../../journal/index.ts";
import {
  type Directory,
  type Inode,
  type Tree,
  entriesIn,
  inodeOf,
  pathIn,
  sizeOf,
} from "../fs/index.ts";
import type { Fit, Fits } from "./fit.ts";
import type { RuleOperation } from "./rule.ts";

/** One path that a call touches, and how. */
export interface Touch {
  readonly path: string;
  readonly fit: Fit;
  /** The call in the words of rules. */
  readonly is: readonly RuleOperation[];
  /** Further operations that it has the effect of, which rules may name as well. */
  readonly amountsTo: readonly RuleOperation[];
  /** Set where a file leaves this path for others: a rule that fits here and not there has no hold on it afterwards. */
  readonly leavesFor?: readonly Fit[];
  /** Set where a file comes here from another path: for a rule that fits here and not there, it is created. */
  readonly comesFrom?: Fit;
  /** True for a symlink: anything may appear below this path through it. */
  readonly opens: boolean;
  /** The size of the file after the call, in bytes. */
  readonly size: number;
}

/** The state and the rules that touches are found by. */
export interface Ground {
  readonly tree: Tree;
  readonly fits: Fits;
  /** "all" where a rule goes by sizes, so that each file in a moved directory counts for itself. */
  readonly moved: "all" | "as globs fit";
}

/** Yields what a change touches, before it is made. */
export function* touchesOf(ground: Ground, draft: Draft): Generator<Touch> {
  switch (draft.kind) {
    case "create":
    case "mkdir":
      return yield entryTouch(ground, draft, ["create"]);
    case "symlink":
      return yield { ...entryTouch(ground, draft, ["create", "symlink"]), opens: true };
    case "mknod":
      return yield entryTouch(ground, draft, ["create", "special"]);
    case "unlink":
    case "rmdir":
      return yield removal(ground, draft);
    case "rename":
      yield* move(
        ground,
        draft,
        draft.ino,
        { parent: draft.toParent, name: draft.toName, path: draft.to },
        draft.replaced?.ino,
      );
      return;
    case "exchange": {
      const there = { parent: draft.toParent, name: draft.toName, path: draft.to };
      yield* move(ground, draft, draft.ino, there, draft.other);
      yield* move(ground, there, draft.other, draft, draft.ino);
      return;
    }
    case "link":
      return yield* linking(ground, draft);
    case "write":
      return yield* inodeTouches(ground, draft, ["write"], draft.offset + draft.length);
    case "set-size":
    case "revert":
      return yield* inodeTouches(ground, draft, ["write"], draft.size);
    case "set-mode":
      return yield* inodeTouches(ground, draft, ["mode"]);
    case "set-times":
      return yield* inodeTouches(ground, draft, ["times"]);
    case "set-xattr":
    case "revert-xattr":
    case "remove-xattr":
      return yield* inodeTouches(ground, draft, ["attributes"]);
    case "listing":
      return yield* inodeTouches(ground, draft, ["create"]);
    case "run-start":
    case "run-end":
    case "process":
    case "mark":
    case "fail":
    case "decision":
    case "fetch":
    case "read":
    case "open":
      return;
  }
}

/** Yields what reading an inode touches: each of its names. */
export function* readTouches(ground: Ground, ino: Ino): Generator<Touch> {
  yield* inodeTouches(ground, { ino, path: "" }, ["read"]);
}

interface Entry {
  readonly parent: Ino;
  readonly name: Name;
  readonly path: string;
}

function entryTouch({ tree, fits }: Ground, entry: Entry, is: readonly RuleOperation[]): Touch {
  const fit = fits.ofPath(tree, entry.path, entry);
  return { path: entry.path, fit, is, amountsTo: [], opens: false, size: 0 };
}

function* inodeTouches(
  { tree, fits }: Ground,
  { ino, path }: { readonly ino: Ino; readonly path: string },
  is: readonly RuleOperation[],
  after = 0,
): Generator<Touch> {
  const inode = inodeOf(tree, ino);
  const size = Math.max(after, is[0] === "write" || inode === undefined ? 0 : sizeOf(inode));
  const rest = { is, amountsTo: [], opens: false, size };
  if (inode === undefined || inode.names.length <= 1) {
    const fit = path === "" ? fits.ofInode(tree, ino) : fits.ofPath(tree, path, inode?.names[0]);
    return yield { path: path === "" ? pathOfLink(tree, inode) : path, fit, ...rest };
  }
  for (const { parent, name } of inode.names)
    yield { path: pathIn(tree, parent, name), fit: fits.ofLink(tree, parent, name), ...rest };
}

function pathOfLink(tree: Tree, inode: Inode | undefined): string {
  const link = inode?.names[0];
  return link === undefined ? (inode?.formerly ?? "/") : pathIn(tree, link.parent, link.name);
}

function removal(ground: Ground, entry: Entry & { readonly ino: Ino }): Touch {
  const touch = entryTouch(ground, entry, ["remove"]);
  const inode = inodeOf(ground.tree, entry.ino);
  if (inode === undefined) return touch;
  return { ...touch, size: sizeOf(inode), ...staysAt(ground, inode, entry) };
}

/** Returns the fits of a file's other names, where it loses one of several. */
function staysAt(
  { tree, fits }: Ground,
  inode: Inode,
  lost: Entry,
): { readonly leavesFor?: readonly Fit[] } {
  const others = inode.names.filter(
    ({ parent, name }) => parent !== lost.parent || name !== lost.name,
  );
  if (others.length === 0) return {};
  return { leavesFor: others.map(({ parent, name }) => fits.ofLink(tree, parent, name)) };
}

function* linking(ground: Ground, draft: Entry & { readonly ino: Ino }): Generator<Touch> {
  const inode = inodeOf(ground.tree, draft.ino);
  const touch = entryTouch(ground, draft, ["link"]);
  const size = inode === undefined ? 0 : sizeOf(inode);
  for (const target of inodeTouches(ground, { ino: draft.ino, path: "" }, ["link"])) {
    yield target;
    yield { ...touch, comesFrom: target.fit, opens: inode?.type === "symlink", size };
  }
}

/** Yields what a move touches: both paths, those of all in a directory, and what was at the new one. */
function* move(
  ground: Ground,
  from: Entry,
  ino: Ino,
  to: Entry,
  replaced: Ino | undefined,
): Generator<Touch> {
  const { tree, fits } = ground;
  const inode = inodeOf(tree, ino);
  if (inode === undefined) return;
  const [here, there] = [fits.ofPath(tree, from.path, from), fits.ofPath(tree, to.path, to)];
  yield* moved(ground, inode, from, to, { here, there }, replaced === undefined ? [] : ["write"]);
  const gone = replaced === undefined ? undefined : inodeOf(tree, replaced);
  if (gone !== undefined && gone.names.length > 1) {
    const touch = entryTouch(ground, to, ["rename"]);
    yield { ...touch, size: sizeOf(gone), ...staysAt(ground, gone, to) };
  }
  if (inode.type === "directory") yield* movedBelow(ground, inode, from, to, { here, there });
}

interface Way {
  readonly here: Fit;
  readonly there: Fit;
}

function* moved(
  ground: Ground,
  inode: Inode,
  from: Entry,
  to: Entry,
  { here, there }: Way,
  amountsTo: readonly RuleOperation[],
): Generator<Touch> {
  const size = sizeOf(inode);
  const { leavesFor = [] } = inode.names.length > 1 ? staysAt(ground, inode, from) : {};
  const rest = { is: ["rename"], size } as const;
  yield {
    path: from.path,
    fit: here,
    amountsTo: [],
    opens: false,
    leavesFor: [there, ...leavesFor],
    ...rest,
  };
  const opens = inode.type === "symlink";
  yield { path: to.path, fit: there, amountsTo, opens, comesFrom: here, ...rest };
}

/** Yields the entries of a moved directory that other globs fit than the directory itself. */
function* movedBelow(
  ground: Ground,
  top: Directory,
  from: Entry,
  to: Entry,
  way: Way,
): Generator<Touch> {
  const left: (readonly [Directory, string, string, Way])[] = [[top, from.path, to.path, way]];
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    const [directory, path, toPath, { here, there }] = next;
    if (ground.moved !== "all" && isSettled(here) && isSettled(there)) continue;
    for (const [name, ino] of entriesIn(directory.entries)) {
      const inode = inodeOf(ground.tree, ino);
      if (inode === undefined) continue;
      const below = { here: ground.fits.step(here, name), there: ground.fits.step(there, name) };
      const [one, other] = [joined(path, name), joined(toPath, name)];
      const differs =
        isMore(below.here, way.here) ||
        isMore(below.there, way.there) ||
        opensMore(inode, below.there);
      if (differs || ground.moved === "all") {
        const entry = { parent: directory.ino, name };
        yield* moved(ground, inode, { ...entry, path: one }, { ...entry, path: other }, below, []);
      }
      if (inode.type === "directory") left.push([inode, one, other, below]);
    }
  }
}

function joined(path: string, name: string): string {
  return path === "/" ? `/${name}` : `${path}/${name}`;
}

/** Tells that below this path no further globs can fit. */
function isSettled({ exact, folded }: Fit): boolean {
  return exact.below.size === 0 && folded.below.size === 0;
}

function isMore(fit: Fit, than: Fit): boolean {
  return (
    fit.exact.rules.size > than.exact.rules.size || fit.folded.rules.size > than.folded.rules.size
  );
}

function opensMore(inode: Inode, { folded }: Fit): boolean {
  return inode.type === "symlink" && folded.begun.size > 0;
}
