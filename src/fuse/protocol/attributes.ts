import { type Inode, type Tree, modeOf, sizeOf } from "../../fs/index.ts";
import { rootIno } from "../../../journal/index.ts";
import { type Reply, putNumber } from "./reply.ts";

/** The user and group that all files belong to. */
export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/** Types of files as the bits of st_mode have them. */
export const fileTypes = {
  file: 0o100000,
  directory: 0o040000,
  symlink: 0o120000,
  fifo: 0o010000,
  socket: 0o140000,
} as const;

/** One state of a filesystem, and how the kernel sees it. */
export interface Shown {
  readonly tree: Tree;
  readonly owner: Owner;
  /** The kernel's number of an inode is this much more than ours. */
  readonly base: number;
  /** Seconds for which the kernel may keep what it was told. */
  readonly keptSeconds: number;
  /** Counts the directories in a directory. */
  subdirectories(directory: Directory): number;
}

export type Directory = Extract<Inode, { readonly type: "directory" }>;

/** Adds struct fuse_entry_out: an inode that a name leads to. */
export function addEntry(reply: Reply, shown: Shown, inode: Inode): void {
  const at = reply.add(entryBytes);
  putNumber(reply.buffer, shown.base + inode.ino, at);
  putNumber(reply.buffer, shown.keptSeconds, at + 16);
  putNumber(reply.buffer, shown.keptSeconds, at + 24);
  putAttributes(reply.buffer, shown, inode, at + 40);
}

/** Adds a struct fuse_entry_out that says that there is no such name. */
export function addNoEntry(reply: Reply, { keptSeconds }: Pick<Shown, "keptSeconds">): void {
  const at = reply.add(entryBytes);
  putNumber(reply.buffer, keptSeconds, at + 16);
}

/** Adds struct fuse_attr_out. */
export function addAttributes(reply: Reply, shown: Shown, inode: Inode): void {
  const at = reply.add(16 + attributesBytes);
  putNumber(reply.buffer, shown.keptSeconds, at);
  putAttributes(reply.buffer, shown, inode, at + 16);
}

const attributesBytes = 88;
/** Length of struct fuse_entry_out. */
export const entryBytes = 40 + attributesBytes;

/** Writes struct fuse_attr. */
function putAttributes(buffer: Buffer, shown: Shown, inode: Inode, at: number): void {
  const { owner, base } = shown;
  putNumber(buffer, base + inode.ino, at);
  putNumber(buffer, inode.type === "directory" ? directoryBytes : sizeOf(inode), at + 8);
  if (inode.type === "file") putNumber(buffer, Math.ceil(inode.content.mapped / 512), at + 16);
  putTime(buffer, inode.atime, at + 24, at + 48);
  putTime(buffer, inode.mtime, at + 32, at + 52);
  putTime(buffer, inode.ctime, at + 40, at + 56);
  buffer.writeUInt32LE(fileTypes[inode.type] | modeOf(inode), at + 60);
  buffer.writeUInt32LE(linksOf(shown, inode), at + 64);
  buffer.writeUInt32LE(owner.uid, at + 68);
  buffer.writeUInt32LE(owner.gid, at + 72);
  buffer.writeUInt32LE(blockBytes, at + 80);
}

const blockBytes = 4096;
/** Size of each directory, as programs know it of other filesystems. */
const directoryBytes = 4096;

function putTime(buffer: Buffer, time: bigint, secondsAt: number, restAt: number): void {
  const seconds = time / 1_000_000_000n;
  buffer.writeBigUInt64LE(seconds, secondsAt);
  buffer.writeUInt32LE(Number(time - seconds * 1_000_000_000n), restAt);
}

/** A directory with more entries has 1 link, which tells programs that nobody counted. */
const mostCounted = 4096;

/** Counts the links of an inode; those of a directory are its name, its ".", and the ".." of each directory in it. */
function linksOf(shown: Shown, inode: Inode): number {
  if (inode.type !== "directory") return inode.names.length;
  if (inode.names.length === 0 && inode.ino !== rootIno) return 0;
  if (inode.size > mostCounted) return 1;
  return 2 + shown.subdirectories(inode);
}
