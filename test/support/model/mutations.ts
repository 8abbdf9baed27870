import fc from "fast-check";

import { type Ino, type Name, rootIno, specialTypes } from "../../../journal/index.ts";
import {
  type FileSystem,
  FsError,
  type Inode,
  entriesOf,
  extentsOf,
  xattrsOf,
} from "../../../src/fs/index.ts";

/** One change, described by numbers that pick from what exists when it is made. */
export interface Step {
  readonly kind: (typeof kinds)[number] | (typeof nativeKinds)[number];
  readonly a: number;
  readonly b: number;
  readonly name: number;
  readonly size: number;
}

const kinds = [
  "create",
  "create",
  "mkdir",
  "mkdir",
  "symlink",
  "link",
  "unlink",
  "rmdir",
  "rename",
  "rename",
  "exchange",
  "exchange",
  "write",
  "write",
  "set-size",
  "set-times",
  "set-mode",
  "set-mode",
  "revert",
] as const;

/** Changes that only the filesystem of native programs knows. */
const nativeKinds = [
  "mknod",
  "swap",
  "swap",
  "set-xattr",
  "set-xattr",
  "remove-xattr",
  "revert-xattr",
] as const;

/** Undefined if none is set, as by guests. The owner has all rights, so that any user can put them on a disk. */
const modes = {
  file: [undefined, 0o600, 0o755, 0o644, 0o4711],
  directory: [undefined, 0o700, 0o755, 0o1750],
  fifo: [undefined, 0o600],
  socket: [undefined, 0o755],
} as const;

const names = ["a", "b", "c", "-rf", "...", "new\nline", "back\\slash", "__proto__"] as Name[];

/** Names that are no UTF-8. */
const byteNames = ["\uDCFF", "\uDCC3b"] as Name[];

/** Generates random changes to a small tree, in which the same names occur again and again. */
export const steps = (most = 40): fc.Arbitrary<Step[]> =>
  stepsOf([...kinds, ...kinds, ...nativeKinds], [...names, ...byteNames], most);

/** Likewise, but only what any folder of a host can hold. */
export const hostSteps = (most = 40): fc.Arbitrary<Step[]> => stepsOf(kinds, names, most);

function stepsOf(
  among: readonly Step["kind"][],
  called: readonly Name[],
  most: number,
): fc.Arbitrary<Step[]> {
  return fc.array(
    fc.record({
      kind: fc.constantFrom(...among),
      a: fc.nat(50),
      b: fc.nat(50),
      name: fc.nat(called.length - 1),
      size: fc.nat(200_000),
    }),
    { maxLength: most, size: "max" },
  );
}

/** Makes the changes, each within an open run; skips impossible ones. */
export function makeChanges(fs: FileSystem, changes: readonly Step[]): void {
  for (const change of changes) {
    try {
      makeChange(fs, change);
    } catch (error) {
      if (!(error instanceof FsError)) throw error;
    }
  }
}

function makeChange(fs: FileSystem, { kind, a, b, name: nameIndex, size }: Step): void {
  const inodes = [...entriesOf<Inode>(fs.tree.inodes)].map(([, inode]) => inode);
  const directories = inodes.filter((inode) => inode.type === "directory");
  const files = inodes.filter((inode) => inode.type === "file");
  const named = inodes.filter((inode) => inode.names.length > 0);
  const parent = pick(directories, a)?.ino ?? rootIno;
  const name = [...names, ...byteNames][nameIndex] ?? ("z" as Name);
  const file = pick(files, a);
  const inode = pick(named, b);
  const link = inode?.names[size % inode.names.length];
  switch (kind) {
    case "create":
    case "mkdir": {
      const said = saidMode(modes[kind === "create" ? "file" : "directory"], size);
      return void fs.perform({ kind, parent, name, ...said });
    }
    case "set-mode":
      if (inode === undefined || inode.type === "symlink") return;
      return void fs.perform({ kind, ino: inode.ino, ...saidMode(modes[inode.type], size) });
    case "symlink":
      return void fs.perform({ kind, parent, name, target: `../${names[b % 3] ?? "a"}` });
    case "link":
      return void (inode && fs.perform({ kind, ino: inode.ino, parent, name }));
    case "unlink":
    case "rmdir":
      return void (link && fs.perform({ kind, ...link }));
    case "rename":
      return void (link && fs.perform({ kind, ...link, toParent: parent, toName: name }));
    case "exchange":
      return exchange(fs, pick(named, a), inode);
    case "mknod": {
      const type = specialTypes[b % specialTypes.length] ?? "fifo";
      return void fs.perform({ kind, parent, name, type, ...saidMode(modes[type], size) });
    }
    case "swap": {
      const other = pick(named, a)?.names[0];
      if (link === undefined || other === undefined) return;
      const to = { toParent: other.parent, toName: other.name };
      return void fs.perform({ kind: "exchange", ...link, ...to });
    }
    case "set-xattr": {
      if (inode === undefined) return;
      const value = Buffer.from(`${size}`);
      const attribute = attributes[a % attributes.length] ?? "user.a";
      fs.perform({ kind, ino: inode.ino, attribute, length: value.length }, value);
      return;
    }
    case "remove-xattr": {
      const [attribute] = [...(xattrsOf(inodeWith(fs, a)) ?? [])][0] ?? [];
      if (attribute === undefined) return;
      return void fs.perform({ kind, ino: inodeWith(fs, a).ino, attribute });
    }
    case "revert-xattr": {
      const [attribute, value] = [...(xattrsOf(inodeWith(fs, b)) ?? [])][0] ?? [];
      if (attribute === undefined || value === undefined) return;
      const { length, tape: source } = value;
      return void fs.perform({ kind, ino: inodeWith(fs, a).ino, attribute, length, source });
    }
    case "write":
      return file && write(fs, file.ino, size, b + 1);
    case "set-size":
      return void (file && fs.perform({ kind, ino: file.ino, size }));
    case "set-times": {
      const times = b % 2 === 0 ? { mtime: BigInt(size) } : { atime: BigInt(size) };
      return void fs.perform({ kind, ino: inode?.ino ?? rootIno, ...times });
    }
    case "revert": {
      const other = pick(files, b);
      if (file?.type !== "file" || other?.type !== "file") return;
      const extents = [...extentsOf(other.content)];
      return void fs.perform({ kind, ino: file.ino, size: other.content.size, extents });
    }
  }
}

const attributes = ["user.a", "user.b", "user.\uDCFF"];

/** Picks an inode that has an extended attribute, or any where none has. */
function inodeWith(fs: FileSystem, index: number): Inode {
  const inodes = [...entriesOf<Inode>(fs.tree.inodes)].map(([, inode]) => inode);
  const among = inodes.filter((inode) => xattrsOf(inode) !== undefined);
  const found = pick(among, index) ?? pick(inodes, index);
  if (found === undefined) throw new Error("there is always a root");
  return found;
}

function saidMode(among: readonly (number | undefined)[], index: number): { mode?: number } {
  const mode = pick(among, index);
  return mode === undefined ? {} : { mode };
}

function write(fs: FileSystem, ino: Ino, offset: number, length: number): void {
  const bytes = new Uint8Array(length).fill(65 + (offset % 26));
  fs.perform({ kind: "write", ino, offset: offset % 2 === 0 ? 0 : offset, length }, bytes);
}

/** Swaps two entries by way of a third name. */
function exchange(fs: FileSystem, one: Inode | undefined, other: Inode | undefined): void {
  const from = one?.names[0];
  const to = other?.names[0];
  if (from === undefined || to === undefined || one === other) return;
  // One may lie in the other, unless they are siblings.
  const areDirectories = one?.type === "directory" || other?.type === "directory";
  if (areDirectories && from.parent !== to.parent) return;
  const middle = { toParent: rootIno, toName: "exchange" as Name };
  fs.perform({ kind: "rename", ...from, ...middle });
  fs.perform({ kind: "rename", ...to, toParent: from.parent, toName: from.name });
  fs.perform({
    kind: "rename",
    parent: middle.toParent,
    name: middle.toName,
    toParent: to.parent,
    toName: to.name,
  });
}

function pick<T>(from: readonly T[], index: number): T | undefined {
  return from[index % Math.max(from.length, 1)];
}
