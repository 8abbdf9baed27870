import type { Ino, Name, Seq, TapePosition } from "../../../journal/index.ts";
import {
  type Block,
  Content,
  type Entries,
  type Inode,
  type Table,
  blockBytes,
  bucketOf,
  buckets,
  cover,
  emptyContent,
  entriesFrom,
  entriesIn,
  entriesOfBuckets,
  pageOf,
  resize,
  tableOf,
} from "../../fs/index.ts";
import { ByteReader } from "../base/bytes.ts";
import {
  type InodeDelta,
  type DeltaContent,
  type PartList,
  eachPart,
  flag,
  partBlocks,
  readEntries,
  readPieces,
} from "./inode-delta.ts";
import type { DeltaChain } from "./delta-chain.ts";

export type PartValue = readonly (Block | undefined)[] | Entries;

/** Loads the content of an inode at its first use. */
export interface ContentReader {
  /** Returns the numbers of a file's parts that are in pages of the full snapshot. */
  partsApart(ino: Ino): Iterable<number>;
  /** Returns the page of the full snapshot with one part of an inode, or all pages of the inode. */
  partPages(ino: Ino, type: Inode["type"], part: number | undefined): Iterable<PartList>;
  /** Returns the shared value of a part in this version, and makes it if there is none. */
  share<T extends PartValue>(ino: Ino, part: number, version: Seq, make: () => T): T;
  /** Reads from the snapshot; if that is damaged, takes the value from the inode that the events make. */
  guard<T>(ino: Ino, read: () => T, from: (inode: Inode | undefined) => T): T;
}

/** Directories up to this size are loaded at once… */
const eagerEntries = 32;
/** …larger ones in ranges of 32 buckets, and even larger ones bucket by bucket. */
const rangedEntries = 1_024;
const rangeBuckets = 32;
const partBytes = partBlocks * blockBytes;

/**
 * Makes an inode from the first `length` deltas of a chain; undefined if there are none. Content of more than one part
 * is loaded at its first use.
 */
export function inodeFrom(
  ino: Ino,
  chain: DeltaChain,
  length: number,
  reader: ContentReader,
): Inode | undefined {
  const last = chain.delta(length - 1);
  if (last === undefined) return undefined;
  const deltaAt = (which: number): InodeDelta | undefined =>
    which === length - 1 ? last : chain.delta(which);
  const namedAt = chain.last(length, flag.names);
  const timedAt = chain.last(length, flag.atime | flag.whole);
  const named = deltaAt(namedAt);
  const names = named?.names ?? [];
  const formerly = deltaAt(chain.last(length, flag.formerly))?.formerly;
  const atime = (timedAt === namedAt ? named : deltaAt(timedAt))?.atime ?? 0n;
  const modedAt = chain.last(length, flag.mode);
  const said = modedAt >= chain.last(length, flag.whole) ? deltaAt(modedAt)?.mode : undefined;
  const mode = said === "unsaid" ? undefined : said;
  const attributedAt = chain.last(length, flag.xattrs | flag.whole);
  const attributes = deltaAt(attributedAt)?.xattrs;
  const xattrs = attributes === undefined || attributes.size === 0 ? {} : { xattrs: attributes };
  const contentOfLast = () => last.content ?? deltaAt(chain.last(length, flag.content))?.content;
  const { type, mtime, ctime } = last;
  switch (type) {
    case "symlink": {
      const target = chain.delta(0)?.target ?? "";
      return withFormerly({ type, ino, names, atime, mtime, ctime, target }, formerly);
    }
    case "fifo":
    case "socket":
      return withFormerly({ type, mode, ino, names, atime, mtime, ctime }, formerly);
    case "file": {
      const held = contentOfLast();
      const content = contentOf(ino, chain, length, held, reader);
      const file = { type, mode, ino, names, atime, mtime, ctime, content, ...xattrs };
      return withFormerly(file, formerly);
    }
    case "directory": {
      const size = contentOfLast()?.size ?? 0;
      const entries = entriesOf(ino, chain, length, size, reader);
      const directory = { type, mode, ino, names, atime, mtime, ctime, entries, size, ...xattrs };
      return withFormerly(directory, formerly);
    }
  }
}

/**
 * A copy and no literal: V8 would allocate literals in the old generation, where they are freed late. See HeldTable.
 */
function withFormerly<T extends Inode>(inode: T, formerly: string | undefined): T {
  return formerly === undefined ? { ...inode } : { ...inode, formerly };
}

function contentOf(
  ino: Ino,
  chain: DeltaChain,
  length: number,
  last: DeltaContent | undefined,
  reader: ContentReader,
): Content {
  const { size = 0, mapped = 0 } = last ?? {};
  const parts = Math.ceil(size / partBytes);
  if (parts <= 1) return new Content(size, mapped, blocksOf(ino, chain, length, 0, reader));
  const make = (part: number): readonly (Block | undefined)[] =>
    reader.guard(
      ino,
      () => pageOfPart(blocksOf(ino, chain, length, part, reader), part),
      (inode) => (inode?.type === "file" ? pageOfPart(inode.content.blocks, part) : []),
    );
  const blocks = tableOf<Block>(presentParts(ino, chain, length, reader), (part) =>
    reader.share(ino, part, chain.changedAt(part, part + 1, length, (part + 1) * partBytes), () =>
      make(part),
    ),
  );
  return new Content(size, mapped, blocks);
}

/** Returns the parts of a file that are not holes, ascending: a sparse file has few. */
function presentParts(
  ino: Ino,
  chain: DeltaChain,
  length: number,
  reader: ContentReader,
): number[] {
  const present = chain.parts(length);
  if (chain.isApart) for (const part of reader.partsApart(ino)) present.add(part);
  return [...present].sort((left, right) => left - right);
}

/** The blocks of one part of a file. */
function blocksOf(
  ino: Ino,
  chain: DeltaChain,
  length: number,
  part: number,
  reader: ContentReader,
): Table<Block> {
  const content = emptyContent();
  const put = (at: number, size: number, tape: TapePosition) => cover(content, at, size, tape);
  if (chain.isApart) {
    for (const page of reader.partPages(ino, "file", part)) {
      eachPart(page, (number, start, end) => {
        if (number === part) readPieces(new ByteReader(page.bytes, start, end), part, 0, put);
      });
    }
  }
  chain.visit(part, part + 1, length, {
    cut: (size) => {
      if (size < content.size) resize(content, size);
    },
    place: ({ bytes, tape }, start, end) =>
      readPieces(new ByteReader(bytes, start, end), part, tape, put),
  });
  return content.blocks;
}

function entriesOf(
  ino: Ino,
  chain: DeltaChain,
  length: number,
  size: number,
  reader: ContentReader,
): Entries {
  if (size <= eagerEntries) return entriesFrom(namesIn(ino, chain, length, reader));
  const depth = size <= rangedEntries ? 1 : 2;
  const count = depth === 1 ? rangeBuckets : 1;
  const make = (first: number): Entries =>
    reader.guard(
      ino,
      () => entriesFrom(namesInRange(ino, chain, length, reader, first, count), depth),
      (inode) => entriesFrom(namesOf(inode, first, first + count), depth),
    );
  return entriesOfBuckets(depth, (first) => {
    const version = chain.changedAt(first, first + count, length, 0);
    // A range has another number than a bucket, because a directory may grow.
    return reader.share(ino, first * 2 + depth - 1, version, () => make(first));
  });
}

/** All entries of a directory. */
function namesIn(
  ino: Ino,
  chain: DeltaChain,
  length: number,
  reader: ContentReader,
): Map<Name, Ino> {
  return namesInRange(ino, chain, length, reader, 0, buckets);
}

/** Returns the entries of `count` buckets of a directory from `first` on: of all buckets, or of some in one page. */
function namesInRange(
  ino: Ino,
  chain: DeltaChain,
  length: number,
  reader: ContentReader,
  first: number,
  count: number,
): Map<Name, Ino> {
  const names = new Map<Name, Ino>();
  const end = first + count;
  if (chain.isApart) {
    const pages = reader.partPages(ino, "directory", count === buckets ? undefined : first);
    for (const page of pages) {
      eachPart(page, (part, start, stop) => {
        if (part >= first && part < end)
          readEntries(new ByteReader(page.bytes, start, stop), names);
      });
    }
  }
  chain.visit(first, end, length, {
    cut: () => {},
    place: ({ bytes }, start, stop) => readEntries(new ByteReader(bytes, start, stop), names),
  });
  return names;
}

function namesOf(inode: Inode | undefined, first: number, end: number): Map<Name, Ino> {
  const names = new Map<Name, Ino>();
  if (inode?.type !== "directory") return names;
  for (const [name, ino] of entriesIn(inode.entries)) {
    const bucket = bucketOf(name);
    if (bucket >= first && bucket < end) names.set(name, ino);
  }
  return names;
}

function pageOfPart(blocks: Table<Block>, part: number): readonly (Block | undefined)[] {
  return [...(pageOf(blocks, part * partBlocks) ?? [])];
}
