import { closeSync, fstatSync, readSync, readlinkSync } from "node:fs";

import { type File, type Inode, readContent } from "../../fs/index.ts";
import type { ReadTape } from "../../history/index.ts";
import type { HostDirectory } from "../disk/directory.ts";

const chunkBytes = 1024 * 1024;

/** The type of the host's entry of a name. */
export type HostType = Inode["type"] | "nothing" | "other";

export function hostTypeOf(host: HostDirectory, name: string): HostType {
  const stat = host.stat(name);
  if (stat === undefined) return "nothing";
  if (stat.isDirectory()) return "directory";
  if (stat.isFile()) return "file";
  return stat.isSymbolicLink() ? "symlink" : "other";
}

/** Tells if the host's entry has the inode's type, and its content or target. Directories need only the type. */
export function isSameOnHost(
  host: HostDirectory,
  name: string,
  inode: Inode,
  readTape: ReadTape,
): boolean {
  if (hostTypeOf(host, name) !== inode.type) return false;
  if (inode.type === "file") return isSameFile(host, name, inode, readTape);
  if (inode.type === "symlink") {
    return readlinkSync(host.at(name), { encoding: "buffer" }).equals(Buffer.from(inode.target));
  }
  return true;
}

function isSameFile(host: HostDirectory, name: string, file: File, readTape: ReadTape): boolean {
  const { size } = file.content;
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
