import {
  type Event,
  type Ino,
  type Mutation,
  promisedFrom,
  rootIno,
} from "../../../journal/index.ts";
import {
  type Inode,
  MisfitError,
  type Tree,
  childOf,
  inodeOf,
  isWithin,
  noLimits,
  pathIn,
  pathOf,
  requireFit,
} from "../../fs/index.ts";
import type { SnapshotMaker } from "../snapshots/maker.ts";

/**
 * Takes an event, or returns the reason why the filesystem cannot have recorded it; a general one, unless `refusalOf` has
 * a better one.
 */
export function taken(maker: SnapshotMaker, event: Event): string | undefined {
  try {
    requireFit(maker.tree, event, noLimits);
    maker.take(event);
    return undefined;
  } catch (error) {
    if (error instanceof MisfitError) return refusalOf(maker.tree, event) ?? error.reason;
    return error instanceof Error ? error.message : String(error);
  }
}

export function misfitOf(tree: Tree, event: Event, tape: number): string | undefined {
  switch (event.kind) {
    case "create":
    case "mkdir":
    case "mknod":
    case "symlink":
      if (inodeOf(tree, event.ino) !== undefined) return `inode ${event.ino} is there already`;
      return entryMisfit(tree, event) ?? freeMisfit(tree, event.parent, event);
    case "link":
      return linkMisfit(tree, event);
    case "unlink":
    case "rmdir":
      return entryMisfit(tree, event) ?? removalMisfit(tree, event);
    case "rename":
      return entryMisfit(tree, event) ?? renameMisfit(tree, event);
    case "exchange":
      return entryMisfit(tree, event) ?? exchangeMisfit(tree, event);
    case "set-xattr":
      if (event.tape !== tape)
        return `its bytes should stand at ${tape} of the tape, not ${event.tape}`;
      return inodeMisfit(tree, event);
    case "revert-xattr":
      if (event.source + event.length > tape) return "its value is not on the tape";
      return inodeMisfit(tree, event);
    case "remove-xattr":
      return inodeMisfit(tree, event);
    case "write":
      if (event.tape !== tape)
        return `its bytes should stand at ${tape} of the tape, not ${event.tape}`;
      return event.length <= 0 ? "it writes nothing" : undefined;
    case "revert":
      return extentsMisfit(event, tape);
    case "mark":
      return event.at > event.seq ? `it marks event ${event.at}, which came later` : undefined;
    case "set-size":
    case "set-times":
    case "set-mode":
    case "run-start":
    case "run-end":
    case "process":
    case "decision":
    case "listing":
    case "fetch":
    case "fail":
    case "read":
    case "open":
      return undefined;
  }
}

/**
 * Returns a better reason for an event that was refused. These are most of all events, and what refuses them looks for
 * their inode and its path itself.
 */
function refusalOf(tree: Tree, event: Event): string | undefined {
  if (event.kind === "write" || event.kind === "set-size" || event.kind === "revert")
    return fileMisfit(tree, event);
  return event.kind === "set-times" || event.kind === "set-mode"
    ? inodeMisfit(tree, event)
    : undefined;
}

type Of<Kind extends Mutation["kind"]> = Extract<Mutation, { kind: Kind }>;
type OnEntry = Of<
  "create" | "mkdir" | "mknod" | "symlink" | "link" | "unlink" | "rmdir" | "rename" | "exchange"
>;

/** Checks that the parent is a directory which can be reached, and that path and name match the entry. */
function entryMisfit(tree: Tree, { parent, name, path }: OnEntry): string | undefined {
  if (name === "" || name === "." || name === ".." || /[/\0]/.test(name)) return "its name is none";
  return directoryMisfit(tree, parent) ?? pathMisfit(pathIn(tree, parent, name), path);
}

function directoryMisfit(tree: Tree, ino: Ino): string | undefined {
  const inode = inodeOf(tree, ino);
  if (inode?.type !== "directory") return `inode ${ino} is no directory`;
  if (ino !== rootIno && inode.names.length === 0) return `directory ${ino} was removed`;
  return undefined;
}

function pathMisfit(expected: string, path: string): string | undefined {
  return expected === path ? undefined : `its path should be ${expected}`;
}

function freeMisfit(tree: Tree, parent: Ino, { name }: OnEntry): string | undefined {
  return childOf(tree, parent, name) === undefined ? undefined : "the path is taken";
}

function linkMisfit(tree: Tree, event: Of<"link">): string | undefined {
  const inode = inodeOf(tree, event.ino);
  if (inode === undefined || inode.names.length === 0) return `inode ${event.ino} has no name`;
  if (inode.type === "directory") return "a directory has one name";
  return entryMisfit(tree, event) ?? freeMisfit(tree, event.parent, event);
}

function removalMisfit(tree: Tree, event: Of<"unlink" | "rmdir">): string | undefined {
  if (childOf(tree, event.parent, event.name) !== event.ino)
    return `inode ${event.ino} is not there`;
  const inode = inodeOf(tree, event.ino);
  if (inode === undefined) return `inode ${event.ino} is not in the tree`;
  if ((inode.type === "directory") !== (event.kind === "rmdir")) return `it is a ${inode.type}`;
  return inode.type === "directory" && inode.size > 0
    ? "the directory is not empty"
    : keptMisfit(inode, event);
}

function keptMisfit(inode: Inode, { kept }: { readonly kept: boolean }): string | undefined {
  return kept && inode.names.length > 1 ? "it is kept open but has another name" : undefined;
}

function renameMisfit(tree: Tree, event: Of<"rename">): string | undefined {
  if (childOf(tree, event.parent, event.name) !== event.ino)
    return `inode ${event.ino} is not there`;
  const wrong =
    directoryMisfit(tree, event.toParent) ??
    pathMisfit(pathIn(tree, event.toParent, event.toName), event.to);
  if (wrong !== undefined) return wrong;
  const there = childOf(tree, event.toParent, event.toName);
  if (there !== event.replaced?.ino) return `${there ?? "nothing"} stands at its new path`;
  const inode = inodeOf(tree, event.ino);
  if (inode?.type === "directory" && isWithin(tree, event.toParent, event.ino)) {
    return "a directory cannot go into itself";
  }
  if (there === undefined || event.replaced === undefined) return undefined;
  const replaced = inodeOf(tree, there);
  if (replaced === undefined || there === event.ino) return "it replaces what cannot be replaced";
  if ((replaced.type === "directory") !== (inode?.type === "directory"))
    return "it replaces another type";
  if (replaced.type === "directory" && replaced.size > 0) return "it replaces a full directory";
  return keptMisfit(replaced, event.replaced);
}

function exchangeMisfit(tree: Tree, event: Of<"exchange">): string | undefined {
  const { parent, name, toParent, toName, ino, other } = event;
  if (childOf(tree, parent, name) !== ino) return `inode ${ino} is not there`;
  if (childOf(tree, toParent, toName) !== other) return `inode ${other} is not there`;
  return directoryMisfit(tree, toParent) ?? pathMisfit(pathIn(tree, toParent, toName), event.to);
}

function inodeMisfit(tree: Tree, { ino, path }: Mutation): string | undefined {
  if (inodeOf(tree, ino) === undefined) return `inode ${ino} is not in the tree`;
  return pathMisfit(pathOf(tree, ino), path);
}

function fileMisfit(tree: Tree, event: Of<"write" | "set-size" | "revert">): string | undefined {
  const inode = inodeOf(tree, event.ino);
  if (inode !== undefined && inode.type !== "file") return `inode ${event.ino} is a ${inode.type}`;
  return inodeMisfit(tree, event);
}

function extentsMisfit({ size, extents }: Of<"revert">, tape: number): string | undefined {
  let at = 0;
  for (const extent of extents) {
    if (extent.length <= 0 || extent.offset < at) return "its extents are not in order";
    at = extent.offset + extent.length;
    if (extent.tape === "hole" || extent.tape >= promisedFrom) continue;
    if (extent.tape + extent.length > tape) return "its extents are not on the tape";
  }
  return at > size ? "its extents are longer than its size" : undefined;
}
