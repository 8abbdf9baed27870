import type { Ino, SpecialType } from "../../../journal/index.ts";
import { Content, type Inode } from "../../fs/index.ts";
import type { BaseState } from "./base-state.ts";
import { type ByteReader, SnapshotDamage } from "./bytes.ts";
import { flag as before, readBlocks, readEntries, readFacts, readState } from "./version-2.ts";
import { readXattrs } from "./xattrs.ts";

// Version 3 of the encoding of bases: journal/DESIGN.md, "The bytes of a base". It has named pipes, sockets and extended
// attributes beside what version 2 has. Like that one it is read for ever.

/** The parts that an inode's bytes hold, and its type. */
export const flag = { ...before, fifo: 4_096, socket: 8_192, xattrs: 16_384 } as const;

/** Reads a base whose version byte was read. `pageAt` gives a page by its digest. Throws SnapshotDamage. */
export function readVersion3(from: ByteReader, pageAt: (digest: string) => Uint8Array): BaseState {
  return readState(from, pageAt, readInode);
}

function readInode(
  from: ByteReader,
  ino: Ino,
  time: bigint,
  pagesOf: (ino: Ino) => readonly ByteReader[],
): Inode {
  const { has, mode, facts, formerly } = readFacts(from, ino, time);
  if (has(flag.symlink)) return { type: "symlink", ...facts, target: from.text(), ...formerly };
  const special: SpecialType | undefined = has(flag.fifo)
    ? "fifo"
    : has(flag.socket)
      ? "socket"
      : undefined;
  if (special !== undefined) return { type: special, mode, ...facts, ...formerly };
  if (!has(flag.content)) throw new SnapshotDamage("an inode has no content");
  const xattrs = has(flag.xattrs) ? { xattrs: readXattrs(from) } : {};
  const size = from.varint();
  const mapped = has(flag.directory) ? 0 : from.varint();
  const lists = has(flag.apart) ? pagesOf(ino) : [from];
  const rest = { ...formerly, ...xattrs };
  if (has(flag.directory))
    return { type: "directory", mode, ...facts, entries: readEntries(lists), size, ...rest };
  const content = new Content(size, mapped, readBlocks(lists));
  return { type: "file", mode, ...facts, content, ...rest };
}
