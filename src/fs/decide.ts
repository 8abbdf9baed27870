import {
  type Draft,
  type Extent,
  type Ino,
  type Name,
  type TapePosition,
  isByteText,
  isXattrName,
  mostXattrBytes,
  rootIno,
} from "../../journal/index.ts";
import type { Command } from "./command.ts";
import { entriesIn } from "./table/entries.ts";
import { FsError } from "./limits/error.ts";
import { type Limits, mostMapped } from "./limits/limits.ts";
import { checkLength } from "./resolve.ts";
import { utf8Length } from "./tree/text-bytes.ts";
import { bytesOfXattrs, mostXattrsBytes, withXattr } from "./tree/xattrs.ts";
import {
  type Directory,
  type Inode,
  type Tree,
  childOf,
  inodeOf,
  isWithin,
  pathIn,
  pathOf,
} from "./tree/tree.ts";

/** The state and the rules that a decision is based on. */
export interface Basis {
  readonly tree: Tree;
  readonly limits: Limits;
  /** Tells whether any descriptor holds the inode. */
  readonly isOpen: (ino: Ino) => boolean;
}

/** The latest time of a file, in nanoseconds since the epoch: 2554-07-21. Preview 1 has no later one. */
export const latestTime = 2n ** 64n - 1n;

/**
 * Returns the event that a command leads to, to be recorded, or undefined if it changes nothing. All checks are made
 * here and none in `apply`. Throws FsError; docs/wasi.md has the rules.
 */
export function decide(basis: Basis, command: Command): Draft | undefined {
  switch (command.kind) {
    case "create":
    case "mkdir":
    case "mknod":
    case "symlink":
      return decideNew(basis, command);
    case "link":
      return decideLink(basis, command);
    case "unlink":
    case "rmdir":
      return decideRemoval(basis, command);
    case "rename":
      return decideRename(basis, command);
    case "exchange":
      return decideExchange(basis, command);
    case "write":
      return decideWrite(basis, command);
    case "set-size": {
      const file = fileAt(basis, command.ino);
      const path = pathOf(basis.tree, command.ino);
      if (command.size > basis.limits["file-bytes"])
        throw new FsError("file-too-large", path, "file-bytes");
      if (command.size === file.content.size) return undefined;
      return { kind: "set-size", ino: command.ino, path, size: command.size };
    }
    case "truncate": {
      const { ino } = fileAt(basis, command.ino);
      return { kind: "set-size", ino, path: pathOf(basis.tree, ino), size: 0 };
    }
    case "set-times":
      return decideTimes(basis, command);
    case "set-mode":
      return decideMode(basis, command);
    case "set-xattr":
    case "revert-xattr":
    case "remove-xattr":
      return decideXattr(basis, command);
    case "revert": {
      const file = fileAt(basis, command.ino);
      const path = pathOf(basis.tree, command.ino);
      if (basis.tree.mapped - file.content.mapped + mappedBy(command.extents) > mostMapped)
        throw new FsError("insufficient-space", path, "bytes");
      return { ...command, path };
    }
    case "listing":
      return decideListing(basis, command);
  }
}

type Of<Kind extends Command["kind"]> = Extract<Command, { kind: Kind }>;

function decideNew(
  { tree, limits }: Basis,
  command: Of<"create" | "mkdir" | "mknod" | "symlink">,
): Draft {
  const path = pathIn(tree, command.parent, command.name);
  const parent = directoryAt(tree, command.parent, path);
  if (childOf(tree, command.parent, command.name) !== undefined) throw new FsError("exist", path);
  checkRoom(parent, path, limits);
  if (tree.count >= limits.inodes) throw new FsError("insufficient-space", path, "inodes");
  const entry = {
    ino: command.ino ?? tree.nextIno,
    path,
    parent: command.parent,
    name: command.name,
  };
  if (command.ino !== undefined && inodeOf(tree, command.ino) !== undefined)
    throw new FsError("exist", path);
  if (command.kind === "mknod")
    return { kind: command.kind, ...entry, type: command.type, ...saidMode(command) };
  if (command.kind !== "symlink") return { kind: command.kind, ...entry, ...saidMode(command) };
  if (command.target === "") throw new FsError("no-entry", path);
  if (command.target.includes("\0") || !isByteText(command.target))
    throw new FsError("invalid", path);
  checkLength(command.target, limits);
  return { kind: "symlink", ...entry, target: command.target };
}

function decideLink({ tree, limits }: Basis, { ino, parent, name }: Of<"link">): Draft {
  const path = pathIn(tree, parent, name);
  const inode = inodeOf(tree, ino);
  // A descriptor may still hold an inode that lost all its names; it can have no new name.
  if (inode === undefined || inode.names.length === 0) throw new FsError("no-entry", path);
  if (inode.type === "directory") throw new FsError("not-permitted", path);
  const directory = directoryAt(tree, parent, path);
  if (childOf(tree, parent, name) !== undefined) throw new FsError("exist", path);
  if (inode.names.length >= limits.links) throw new FsError("too-many-links", path, "links");
  checkRoom(directory, path, limits);
  return { kind: "link", ino, path, parent, name };
}

function decideRemoval(
  { tree, isOpen }: Basis,
  { kind, parent, name }: Of<"unlink" | "rmdir">,
): Draft {
  const path = pathIn(tree, parent, name);
  const inode = entryAt(tree, parent, name, path);
  if (kind === "unlink" && inode.type === "directory") throw new FsError("is-directory", path);
  if (kind === "rmdir") {
    if (inode.type !== "directory") throw new FsError("not-directory", path);
    if (inode.size > 0) throw new FsError("not-empty", path);
  }
  return { kind, ino: inode.ino, path, parent, name, kept: isKept(inode, isOpen) };
}

function decideRename({ tree, limits, isOpen }: Basis, command: Of<"rename">): Draft | undefined {
  const { parent, name, toParent, toName } = command;
  const path = pathIn(tree, parent, name);
  const to = pathIn(tree, toParent, toName);
  const inode = entryAt(tree, parent, name, path);
  const directory = directoryAt(tree, toParent, to);
  if (inode.type === "directory" && isWithin(tree, toParent, inode.ino))
    throw new FsError("invalid", to);
  const event = {
    kind: "rename",
    ino: inode.ino,
    path,
    parent,
    name,
    toParent,
    toName,
    to,
  } as const;

  if (inode.type === "directory") checkSubtree(tree, inode, path, to, limits);
  const targetIno = childOf(tree, toParent, toName);
  const target = targetIno === undefined ? undefined : inodeOf(tree, targetIno);
  if (target === undefined) {
    if (parent === toParent) checkLength(to, limits);
    else checkRoom(directory, to, limits);
    return event;
  }
  if (target.ino === inode.ino) return undefined;
  if (inode.type === "directory") {
    if (target.type !== "directory") throw new FsError("not-directory", to);
    if (target.size > 0) throw new FsError("not-empty", to);
  } else if (target.type === "directory") {
    throw new FsError("is-directory", to);
  }
  return { ...event, replaced: { ino: target.ino, kept: isKept(target, isOpen) } };
}

function decideExchange(
  { tree, limits }: Basis,
  { parent, name, toParent, toName }: Of<"exchange">,
): Draft | undefined {
  const path = pathIn(tree, parent, name);
  const to = pathIn(tree, toParent, toName);
  const inode = entryAt(tree, parent, name, path);
  const other = entryAt(tree, toParent, toName, to);
  if (inode.ino === other.ino) return undefined;
  for (const [moved, into, from, at] of [
    [inode, toParent, path, to],
    [other, parent, to, path],
  ] as const) {
    if (moved.type !== "directory") continue;
    if (isWithin(tree, into, moved.ino)) throw new FsError("invalid", at);
    checkSubtree(tree, moved, from, at, limits);
  }
  const { ino } = inode;
  return { kind: "exchange", ino, path, parent, name, toParent, toName, to, other: other.ino };
}

function decideXattr(
  { tree }: Basis,
  command: Of<"set-xattr" | "revert-xattr" | "remove-xattr">,
): Draft {
  const { ino, attribute } = command;
  const path = pathOf(tree, ino);
  const inode = inodeOf(tree, ino);
  if (inode === undefined) throw new FsError("no-entry", path);
  if (inode.type !== "file" && inode.type !== "directory") throw new FsError("not-permitted", path);
  if (!isXattrName(attribute) || !isByteText(attribute)) throw new FsError("invalid", path);
  if (command.kind === "remove-xattr") {
    if (inode.xattrs?.has(attribute) !== true) throw new FsError("no-entry", path);
    return { kind: "remove-xattr", ino, path, attribute };
  }
  const { length } = command;
  const value = { tape: 0 as TapePosition, length };
  if (length > mostXattrBytes) throw new FsError("file-too-large", path);
  if (bytesOfXattrs(withXattr(inode.xattrs, attribute, value)) > mostXattrsBytes)
    throw new FsError("insufficient-space", path);
  if (command.kind === "set-xattr") return { kind: "set-xattr", ino, path, attribute, length };
  return { kind: "revert-xattr", ino, path, attribute, length, source: command.source };
}

function decideWrite(basis: Basis, { ino, offset, length }: Of<"write">): Draft | undefined {
  const { tree, limits } = basis;
  fileAt(basis, ino);
  if (length === 0) return undefined;
  const path = pathOf(tree, ino);
  if (offset + length > limits["file-bytes"])
    throw new FsError("file-too-large", path, "file-bytes");
  if (tree.mapped + length > Math.min(limits.bytes, mostMapped))
    throw new FsError("insufficient-space", path, "bytes");
  return { kind: "write", ino, path, offset, length };
}

function decideListing({ tree, limits }: Basis, command: Of<"listing">): Draft {
  const { ino, from, first, entries, promised, start, length } = command;
  const path = pathOf(tree, ino);
  if (directoryAt(tree, ino, path).size > 0) throw new FsError("not-empty", path);
  if (tree.count + entries > limits.inodes) throw new FsError("insufficient-space", path, "inodes");
  if (tree.mapped + promised > Math.min(limits.bytes, mostMapped))
    throw new FsError("insufficient-space", path, "bytes");
  return { kind: "listing", ino, path, from, first, entries, promised, start, length };
}

function mappedBy(extents: readonly Extent[]): number {
  let mapped = 0;
  for (const { length, tape } of extents) if (tape !== "hole") mapped += length;
  return mapped;
}

function decideTimes({ tree }: Basis, { ino, atime, mtime }: Of<"set-times">): Draft | undefined {
  const path = pathOf(tree, ino);
  if (inodeOf(tree, ino) === undefined) throw new FsError("no-entry", path);
  if ((atime ?? 0n) > latestTime || (mtime ?? 0n) > latestTime) throw new FsError("overflow", path);
  if (atime === undefined && mtime === undefined) return undefined;
  return {
    kind: "set-times",
    ino,
    path,
    ...(atime === undefined ? {} : { atime }),
    ...(mtime === undefined ? {} : { mtime }),
  };
}

function decideMode({ tree }: Basis, command: Of<"set-mode">): Draft | undefined {
  const { ino, mode } = command;
  const path = pathOf(tree, ino);
  const inode = inodeOf(tree, ino);
  if (inode === undefined) throw new FsError("no-entry", path);
  if (inode.type === "symlink") throw new FsError("unsupported", path);
  if (inode.mode === mode) return undefined;
  return { kind: "set-mode", ino, path, ...saidMode(command) };
}

function saidMode({ mode }: { readonly mode?: number }): { readonly mode?: number } {
  return mode === undefined ? {} : { mode };
}

function checkRoom(directory: Directory, path: string, limits: Limits): void {
  checkLength(path, limits);
  if (directory.size >= limits["directory-entries"])
    throw new FsError("insufficient-space", path, "directory-entries");
}

/** Checks that a move makes no path below it too long, which also bounds the depth of trees. */
function checkSubtree(
  tree: Tree,
  moved: Directory,
  from: string,
  to: string,
  limits: Limits,
): void {
  if (limits["path-bytes"] === Infinity) return;
  const start = utf8Length(to);
  if (start <= utf8Length(from)) return;
  const rest: (readonly [Directory, number])[] = [[moved, start]];
  for (let next = rest.pop(); next !== undefined; next = rest.pop()) {
    const [directory, length] = next;
    for (const [name, ino] of entriesIn(directory.entries)) {
      const below = length + 1 + utf8Length(name);
      if (below > limits["path-bytes"]) throw new FsError("name-too-long", to, "path-bytes");
      const inode = inodeOf(tree, ino);
      if (inode?.type === "directory" && inode.size > 0) rest.push([inode, below]);
    }
  }
}

function isKept(inode: Inode, isOpen: (ino: Ino) => boolean): boolean {
  return inode.names.length <= 1 && isOpen(inode.ino);
}

function entryAt(tree: Tree, parent: Ino, name: Name, path: string): Inode {
  const ino = childOf(tree, parent, name);
  const inode = ino === undefined ? undefined : inodeOf(tree, ino);
  if (inode === undefined) throw new FsError("no-entry", path);
  return inode;
}

/** Returns a directory that takes new entries: one that was removed while open takes none. */
function directoryAt(tree: Tree, ino: Ino, path: string): Directory {
  const inode = inodeOf(tree, ino);
  if (inode?.type !== "directory") throw new FsError("not-directory", path);
  if (ino !== rootIno && inode.names.length === 0) throw new FsError("no-entry", path);
  return inode;
}

function fileAt({ tree }: Basis, ino: Ino): Extract<Inode, { type: "file" }> {
  const inode = inodeOf(tree, ino);
  if (inode?.type === "file") return inode;
  const path = pathOf(tree, ino);
  throw new FsError(inode?.type === "directory" ? "is-directory" : "bad-descriptor", path);
}
