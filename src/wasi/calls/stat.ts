import type {
  DescriptorStat,
  DescriptorType,
  MetadataHashValue,
} from "@bytecodealliance/preview2-shim/interfaces/wasi-filesystem-types";

import { rootIno } from "../../../journal/index.ts";
import { FsError, type Inode, sizeOf } from "../../fs/index.ts";
import { type Handle, requireDirectory } from "./handle.ts";
import { inodeAt } from "./place.ts";
import { datetimeOf } from "./time.ts";

/** wasi:filesystem/types, descriptor.stat. Throws FsError. */
export function stat(handle: Handle): DescriptorStat {
  return statOf(openInode(handle));
}

/** wasi:filesystem/types, descriptor.stat-at. Throws FsError. */
export function statAt(base: Handle, finalLink: "follow" | "keep", path: string): DescriptorStat {
  requireDirectory(base, path);
  return statOf(inodeAt(base, path, finalLink));
}

/** wasi:filesystem/types, descriptor.metadata-hash: depends on the inode alone. */
export function metadataHash({ ino }: Handle): MetadataHashValue {
  return { lower: BigInt(ino), upper: 0n };
}

/** wasi:filesystem/types, descriptor.metadata-hash-at. Throws FsError. */
export function metadataHashAt(
  base: Handle,
  finalLink: "follow" | "keep",
  path: string,
): MetadataHashValue {
  requireDirectory(base, path);
  return { lower: BigInt(inodeAt(base, path, finalLink).ino), upper: 0n };
}

/** Returns the WIT's word for an inode's type. */
export function descriptorType(type: Inode["type"]): DescriptorType {
  switch (type) {
    case "file":
      return "regular-file";
    case "directory":
      return "directory";
    case "symlink":
      return "symbolic-link";
    case "fifo":
      return "fifo";
    case "socket":
      return "socket";
  }
}

/** Returns the inode of a handle. Throws FsError if it vanished with the end of the run. */
export function openInode(handle: Handle): Inode {
  const inode = handle.host.fs.inode(handle.ino);
  if (inode === undefined) throw new FsError("bad-descriptor", handle.path);
  return inode;
}

/** Counts the names of an inode. */
export function linksOf({ ino, names }: Inode): number {
  // The root has no name, but it has a place.
  return ino === rootIno ? 1 : names.length;
}

function statOf(inode: Inode): DescriptorStat {
  const { atime, mtime, ctime } = inode;
  const modified = datetimeOf(mtime);
  return {
    type: descriptorType(inode.type),
    linkCount: BigInt(linksOf(inode)),
    size: BigInt(sizeOf(inode)),
    dataAccessTimestamp: atime === mtime ? modified : datetimeOf(atime),
    dataModificationTimestamp: modified,
    statusChangeTimestamp: ctime === mtime ? modified : datetimeOf(ctime),
  };
}
