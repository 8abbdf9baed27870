import { FsError } from "../../fs/index.ts";
import { type Handle, requireDirectory } from "./handle.ts";
import { inodeAt } from "./place.ts";

/** wasi:filesystem/types, descriptor.readlink-at. Throws FsError. */
export function readlinkAt(base: Handle, path: string): string {
  requireDirectory(base, path);
  const inode = inodeAt(base, path, "keep");
  if (inode.type !== "symlink") throw new FsError("invalid", path);
  base.host.fs.requireReadable(inode.ino);
  // The WIT has no absolute targets, but an import may bring one.
  if (inode.target.startsWith("/")) throw new FsError("not-permitted", path);
  // A native program made it; no text of a guest can say it.
  if (!inode.target.isWellFormed()) throw new FsError("illegal-byte-sequence", path);
  return inode.target;
}
