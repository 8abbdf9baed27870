import { closeSync, fstatSync, readSync, readlinkSync } from "node:fs";

import { bytesOfText, type HostStamp, hasStamp, promisedFrom } from "../../../journal/index.ts";
import { type File, type Inode, extentsOf, readContent } from "../../fs/index.ts";
import { type History, type ReadTape, tapeOf, unlessUnread } from "../../history/index.ts";
import type { HostStat } from "../disk/host-stat.ts";
import type { HostDirectory } from "../disk/directory.ts";

const chunkBytes = 1024 * 1024;

/** The type of the host's entry of a name. */
export type HostType = "file" | "directory" | "symlink" | "nothing" | "other";

export function hostTypeOf(host: HostDirectory, name: string): HostType {
  return typeOf(host.stat(name));
}

/** Returns the type that a record of the host says. */
export function typeOf(stat: HostStat | undefined): HostType {
  if (stat === undefined) return "nothing";
  if (stat.isDirectory()) return "directory";
  if (stat.isFile()) return "file";
  return stat.isSymbolicLink() ? "symlink" : "other";
}

/**
 * Tells if the host's entry has the inode's type, and its content or target. Directories need only the type. `stat` is
 * what the caller has just seen of it.
 */
export function isSameOnHost(
  host: HostDirectory,
  name: string,
  inode: Inode,
  readTape: ReadTape,
  stat: HostStat | undefined = host.stat(name),
): boolean {
  if (typeOf(stat) !== inode.type) return false;
  if (inode.type === "file") return isSameFile(host, name, inode, readTape, stat);
  if (inode.type === "symlink") {
    return readlinkSync(host.at(name), { encoding: "buffer" }).equals(bytesOfText(inode.target));
  }
  return true;
}

function isSameFile(
  host: HostDirectory,
  name: string,
  file: File,
  readTape: ReadTape,
  stat: HostStat | undefined,
): boolean {
  const { size } = file.content;
  const stamp = stampOfPromise(file, readTape);
  if (stamp !== undefined && stat !== undefined && hasStamp(stat, stamp)) return true;
  return unlessUnread(() => isSameByBytes(host, name, file, size, readTape), false);
}

/** Returns the stamp of a file of the host, if all that a file here holds was promised of it. */
function stampOfPromise({ content }: File, readTape: ReadTape): HostStamp | undefined {
  const extents = extentsOf(content);
  const extent = extents.next().value;
  if (extent?.length !== content.size || extent.tape === "hole") return undefined;
  if (extent.tape < promisedFrom) return undefined;
  const promised = readTape.promised?.(extent.tape);
  if (promised === undefined || promised.start !== extent.tape) return undefined;
  return promised.stamp.size === content.size ? promised.stamp : undefined;
}

/** Tells if an entry of the host is the file that was listed, and all that is here of it is what was promised then. */
export function isAsListed(
  history: History | undefined,
  inode: Inode | undefined,
  stat: HostStat,
): boolean {
  if (inode?.type !== "file" || history === undefined) return false;
  const stamp = stampOfPromise(inode, tapeOf(history.journal));
  return stamp !== undefined && hasStamp(stat, stamp);
}

function isSameByBytes(
  host: HostDirectory,
  name: string,
  file: File,
  size: number,
  readTape: ReadTape,
): boolean {
  const fd = host.openFile(name);
  try {
    if (fstatSync(fd).size !== size) return false;
    const chunk = Buffer.allocUnsafe(Math.min(chunkBytes, size));
    for (let offset = 0; offset < size;) {
      const length = readSync(fd, chunk, 0, Math.min(chunkBytes, size - offset), offset);
      if (length === 0) return false;
      const held = readContent(file.content, offset, length, readTape);
      if (!chunk.subarray(0, length).equals(held)) return false;
      offset += length;
    }
    return true;
  } finally {
    closeSync(fd);
  }
}
