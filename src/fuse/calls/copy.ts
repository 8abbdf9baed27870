import { type Extent, type Ino, promisedFrom } from "../../../journal/index.ts";
import { type File, FsError, extentsOf } from "../../fs/index.ts";
import { Refusal, errno } from "../protocol/errno.ts";
import type { Call } from "./call.ts";
import { dropPrivileges } from "./inodes.ts";
import type { Served } from "./served.ts";

/**
 * Copies a range of a file into another, or to elsewhere in it, without its bytes: the copy names the same ones on the
 * tape. Throws Refusal "unsupported" where that would take more than the bytes do; the kernel then reads and writes.
 */
export const copyRange: Call = (served, request, reply) => {
  request.requireLength(56);
  const [from, to] = [request.node, request.ino(16)];
  const [offset, target, asked] = [request.u64(8), request.u64(32), request.u64(40)];
  // A past state, which another filesystem of the mount holds, is copied by reading and writing.
  if (served.base !== 0) throw new Refusal(errno.unsupported);
  const [source, copy] = [fileOf(served, from), fileOf(served, to)];
  const length = Math.min(asked, source.content.size - offset, mostCopied);
  const end = target + length;
  // The kernel has refused a range that overlaps with itself.
  if (length < leastCopied) throw new Refusal(errno.unsupported);
  checkLimits(served, to, end, length);
  const size = Math.max(copy.content.size, end);
  if (length < size * leastPart) throw new Refusal(errno.unsupported);
  const extents = few([
    extentsOf(copy.content, 0, Math.min(target, copy.content.size)),
    shifted(extentsOf(source.content, offset, offset + length), target - offset),
    extentsOf(copy.content, Math.min(end, size), size),
  ]);
  served.fs.note({ kind: "read", ino: from, offset, length });
  dropPrivileges(served, to);
  served.perform({ kind: "revert", ino: to, size, extents });
  reply.buffer.writeUInt32LE(length, reply.add(8));
};

/** The answer has 32 bits for the length: programs ask again for the rest. */
const mostCopied = 2 ** 30;
/** An event that names extents costs as much as some kilobytes of content… */
const leastCopied = 64 * 1024;
/** …and each time all blocks of the file are looked at. */
const leastPart = 1 / 1024;
const mostExtents = 1_000;

/** Throws FsError as for a write of so many bytes. */
function checkLimits({ fs }: Served, ino: Ino, end: number, length: number): void {
  if (end > fs.limits["file-bytes"])
    throw new FsError("file-too-large", fs.path(ino), "file-bytes");
  if (fs.tree.mapped + length > fs.limits.bytes)
    throw new FsError("insufficient-space", fs.path(ino), "bytes");
}

function* shifted(extents: Iterable<Extent>, by: number): Generator<Extent> {
  for (const extent of extents) yield { ...extent, offset: extent.offset + by };
}

/** Returns the extents without holes; throws Refusal if they are many, or if some bytes were promised. */
function few(parts: readonly Iterable<Extent>[]): Extent[] {
  const found: Extent[] = [];
  for (const part of parts) {
    for (const extent of part) {
      if (extent.tape === "hole") continue;
      found.push(extent);
      if (found.length > mostExtents || extent.tape >= promisedFrom)
        throw new Refusal(errno.unsupported);
    }
  }
  return found;
}

function fileOf({ fs }: Served, ino: Ino): File {
  const inode = fs.inode(ino);
  if (inode?.type === "file") return inode;
  throw new FsError(inode === undefined ? "no-entry" : "invalid", fs.path(ino));
}
