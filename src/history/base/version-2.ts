import {
  type Ino,
  type Name,
  type Seq,
  type TapePosition,
  largestMode,
} from "../../../journal/index.ts";
import {
  type Entries,
  type Inode,
  type Link,
  Content,
  cover,
  emptyContent,
  entriesFrom,
  linkTo,
  tableOf,
} from "../../fs/index.ts";
import type { BaseState } from "./base-state.ts";
import { ByteReader, SnapshotDamage } from "./bytes.ts";

// Version 2 of the encoding of bases: journal/DESIGN.md, "The bytes of a base". Journals that begin with such a state are
// read for ever: this file may be mended, but what it reads never changes.

/** Bytes of a file that are one part. */
export const partBytes = 2 * 1024 * 1024;
/** Inodes in a page, and in what is called a leaf. */
export const inodesInPage = 1_024;
export const inodesInLeaf = 32;
/** Parts of a large directory that share a page. */
export const bucketsInPage = 32;

/** The parts that an inode's bytes hold, and its type. */
export const flag = {
  directory: 2,
  symlink: 4,
  whole: 8,
  names: 16,
  atime: 32,
  mtime: 64,
  content: 128,
  formerly: 512,
  apart: 1024,
  mode: 2048,
} as const;

/** Bytes of pages that are read, at most: those of ten million inodes take less. */
const mostBytes = 1024 * 1024 * 1024;

/** Reads a base whose version byte was read. `pageAt` gives a page by its digest. Throws SnapshotDamage. */
export function readVersion2(from: ByteReader, pageAt: (digest: string) => Uint8Array): BaseState {
  return readState(from, pageAt, readInode);
}

/** Reads an inode's bytes, all of them. */
export type ReadInode = (
  from: ByteReader,
  ino: Ino,
  time: bigint,
  pagesOf: (ino: Ino) => readonly ByteReader[],
) => Inode;

/** Reads what versions 2 and 3 have in common: all but the inodes. */
export function readState(
  from: ByteReader,
  pageAt: (digest: string) => Uint8Array,
  inodeIn: ReadInode,
): BaseState {
  let held = 0;
  const page = (digest: string): ByteReader => {
    const bytes = pageAt(digest);
    held += bytes.length;
    if (held > mostBytes) throw new SnapshotDamage("it is larger than a state can be");
    return new ByteReader(bytes);
  };
  const seq = from.varint() as Seq;
  from.varint();
  const time = from.fixed();
  const tapeLength = from.varint();
  from.varint();
  const nextIno = from.varint() as Ino;
  const count = from.varint();
  const mapped = from.varint();
  const orphans = new Set<Ino>();
  for (let left = from.varint(); left > 0; left -= 1) orphans.add(from.varint() as Ino);
  from.varint();
  const groups = readGroups(from);
  for (let left = from.varint(); left > 0; left -= 1) {
    from.varint();
    from.varint();
  }
  const apart = readApart(from);
  requireEnd(from);

  const leaves = new Map<number, (Inode | undefined)[]>();
  for (const [group, digest] of groups) {
    const pagesOf = (ino: Ino) => (apart.get(ino) ?? []).map(page);
    for (const inode of readGroup(page(digest), group, pagesOf, inodeIn)) {
      const leaf = Math.floor(inode.ino / inodesInLeaf);
      const slots = leaves.get(leaf) ?? [];
      while (slots.length < inode.ino % inodesInLeaf) slots.push(undefined);
      slots.push(inode);
      leaves.set(leaf, slots);
    }
  }
  const inodes = tableOf<Inode>([...leaves.keys()], (leaf) => leaves.get(leaf) ?? []);
  return { seq, time, tapeLength, tree: { inodes, nextIno, count, mapped, orphans } };
}

/** The digests of the pages with inodes, by group, ascending. */
function readGroups(from: ByteReader): readonly (readonly [group: number, digest: string])[] {
  const groups: [number, string][] = [];
  let group = 0;
  for (let left = from.varint(); left > 0; left -= 1) {
    const step = from.varint();
    if (step === 0 && groups.length > 0) throw new SnapshotDamage("a page is named twice");
    group += step;
    groups.push([group, readDigest(from)]);
  }
  return groups;
}

/** The digests of the pages with the parts of one inode. */
function readApart(from: ByteReader): ReadonlyMap<Ino, readonly string[]> {
  const apart = new Map<Ino, string[]>();
  for (let left = from.varint(); left > 0; left -= 1) {
    const ino = from.varint() as Ino;
    from.varint();
    const digests = apart.get(ino);
    if (digests === undefined) apart.set(ino, [readDigest(from)]);
    else digests.push(readDigest(from));
  }
  return apart;
}

function readDigest(from: ByteReader): string {
  const bytes = from.bytes(from.byte());
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function* readGroup(
  from: ByteReader,
  group: number,
  pagesOf: (ino: Ino) => readonly ByteReader[],
  inodeIn: ReadInode,
): Generator<Inode> {
  const time = from.fixed();
  const first = group * inodesInPage;
  let ino = first;
  let isFirst = true;
  for (let left = from.varint(); left > 0; left -= 1) {
    const step = from.varint();
    ino += step;
    if ((step === 0 && !isFirst) || ino >= first + inodesInPage)
      throw new SnapshotDamage("an inode lies outside its page");
    isFirst = false;
    const body = from.part(from.varint());
    yield inodeIn(body, ino as Ino, time, pagesOf);
    requireEnd(body);
  }
  requireEnd(from);
}

function requireEnd(from: ByteReader): void {
  if (from.at !== from.end) throw new SnapshotDamage("it goes on behind its end");
}

function readInode(
  from: ByteReader,
  ino: Ino,
  time: bigint,
  pagesOf: (ino: Ino) => readonly ByteReader[],
): Inode {
  const { has, mode, facts, formerly } = readFacts(from, ino, time);
  if (has(flag.symlink)) return { type: "symlink", ...facts, target: from.text(), ...formerly };
  if (!has(flag.content)) throw new SnapshotDamage("an inode has no content");
  const size = from.varint();
  const mapped = has(flag.directory) ? 0 : from.varint();
  const lists = has(flag.apart) ? pagesOf(ino) : [from];
  if (has(flag.directory))
    return { type: "directory", mode, ...facts, entries: readEntries(lists), size, ...formerly };
  const content = new Content(size, mapped, readBlocks(lists));
  return { type: "file", mode, ...facts, content, ...formerly };
}

/** Reads what the bytes of every inode begin with: which parts it has, its times, names and mode. */
export function readFacts(from: ByteReader, ino: Ino, time: bigint) {
  const flags = from.varint();
  const has = (bit: number) => (flags & bit) !== 0;
  if (!has(flag.whole) || !has(flag.names)) throw new SnapshotDamage("an inode is not whole");
  const ctime = from.time(time);
  const atime = has(flag.atime) ? from.time(time) : ctime;
  const mtime = has(flag.mtime) ? from.time(time) : ctime;
  const names = readNames(from);
  const formerly = has(flag.formerly) ? { formerly: from.text() } : {};
  const mode = has(flag.mode) ? readMode(from) : undefined;
  return { has, mode, facts: { ino, names, atime, mtime, ctime }, formerly };
}

function readNames(from: ByteReader): Link[] {
  const read = () => linkTo(from.varint() as Ino, from.text() as Name);
  const count = from.varint();
  // A list that was added to has room for seventeen.
  if (count === 1) return Array.of(read());
  const names: Link[] = [];
  for (let index = 0; index < count; index += 1) names.push(read());
  return names;
}

/** One more than the mode: 0 stands for none. */
function readMode(from: ByteReader): number | undefined {
  const mode = from.varint() - 1;
  if (mode > largestMode) throw new SnapshotDamage("a mode is too large");
  return mode < 0 ? undefined : mode;
}

function eachPart(from: ByteReader, visit: (part: number, bytes: ByteReader) => void): void {
  let part = 0;
  for (let left = from.varint(); left > 0; left -= 1) {
    part += from.varint();
    visit(part, from.part(from.varint()));
  }
  requireEnd(from);
}

export function readEntries(lists: readonly ByteReader[]): Entries {
  const names = new Map<Name, Ino>();
  for (const list of lists) {
    eachPart(list, (_, from) => {
      while (from.at < from.end) {
        const ino = from.varint() as Ino;
        names.set(from.text() as Name, ino);
      }
    });
  }
  return entriesFrom(names);
}

export function readBlocks(lists: readonly ByteReader[]): Content["blocks"] {
  const content = emptyContent();
  for (const list of lists) {
    eachPart(list, (part, from) => {
      let at = part * partBytes;
      const end = at + partBytes;
      let tape = 0;
      while (from.at < from.end) {
        const offset = at + from.varint();
        const length = from.varint();
        const start = tape + from.signed();
        if (length === 0 || offset + length > end || start < 0)
          throw new SnapshotDamage("a piece lies outside its part");
        cover(content, offset, length, start as TapePosition);
        at = offset + length;
        tape = start + length;
      }
    });
  }
  return content.blocks;
}
