import type { Ino, Name, Seq, TapePosition } from "../../journal/index.ts";
import {
  type Block,
  Content,
  type Entries,
  type Inode,
  type Table,
  blockBytes,
  bucketOf,
  cover,
  emptyContent,
  entriesFrom,
  entriesIn,
  entriesOfBuckets,
  pageOf,
  resize,
  tableOf,
} from "../fs/index.ts";
import { ByteReader } from "./bytes.ts";
import {
  type Body,
  type BodyContent,
  type PartList,
  eachPart,
  partBlocks,
  readEntries,
  readPieces,
} from "./snapshot-body.ts";

/** What one snapshot holds of an inode. */
export interface Source {
  readonly body: Body;
  readonly bytes: Uint8Array;
  /** What places on the tape count from. */
  readonly tape: number;
  readonly seq: Seq;
}

export type PartValue = readonly (Block | undefined)[] | Entries;

/** What an inode's content is read with when it is looked at. */
export interface ContentReader {
  /** The numbers of a file's parts that stand in pages of the base. */
  partsApart(ino: Ino): Iterable<number>;
  /** The page of the base with one part of an inode, or all its pages. */
  partPages(ino: Ino, type: Inode["type"], part: number | undefined): Iterable<PartList>;
  /** The part as it was made before, where it was made in this version. */
  share<T extends PartValue>(ino: Ino, part: number, version: Seq, make: () => T): T;
  /** Reads, or takes from the same inode as the events have it where what is stored is damaged. */
  guard<T>(ino: Ino, read: () => T, from: (inode: Inode | undefined) => T): T;
}

/** Directories of no more entries than this are read at once… */
const eagerEntries = 32;
/** …larger ones 32 buckets at a time, and yet larger ones bucket by bucket. */
const rangedEntries = 1_024;
const rangeBuckets = 32;
const partBytes = partBlocks * blockBytes;

/** The inode that these make, oldest first; undefined for none. Contents of more than one part are read when looked at. */
export function inodeFrom(
  ino: Ino,
  sources: readonly Source[],
  reader: ContentReader,
): Inode | undefined {
  const [first, last] = [sources[0]?.body, sources.at(-1)?.body];
  if (first === undefined || last === undefined) return undefined;
  let { names = [], formerly, atime = 0n, content } = first;
  for (const { body } of sources) {
    names = body.names ?? names;
    formerly = body.formerly ?? formerly;
    atime = body.atime ?? atime;
    content = body.content ?? content;
  }
  const { mtime, ctime } = last;
  const common = {
    ino,
    names,
    ...(formerly === undefined ? {} : { formerly }),
    atime,
    mtime,
    ctime,
  };
  switch (last.type) {
    case "symlink":
      return { type: "symlink", ...common, target: first.target ?? "" };
    case "file":
      return { type: "file", ...common, content: contentOf(ino, sources, content, reader) };
    case "directory": {
      const size = content?.size ?? 0;
      return { type: "directory", ...common, entries: entriesOf(ino, sources, size, reader), size };
    }
  }
}

function contentOf(
  ino: Ino,
  sources: readonly Source[],
  last: BodyContent | undefined,
  reader: ContentReader,
): Content {
  const { size = 0, mapped = 0 } = last ?? {};
  const parts = Math.ceil(size / partBytes);
  if (parts <= 1) return new Content(size, mapped, blocksOf(ino, sources, 0, reader));
  const versionOf = versionsOf(sources);
  const make = (part: number): readonly (Block | undefined)[] =>
    reader.guard(
      ino,
      () => pageOfPart(blocksOf(ino, sources, part, reader), part),
      (inode) => (inode?.type === "file" ? pageOfPart(inode.content.blocks, part) : []),
    );
  const blocks = tableOf<Block>(presentParts(ino, sources, reader), (part) =>
    reader.share(ino, part, versionOf(part), () => make(part)),
  );
  return new Content(size, mapped, blocks);
}

/** The parts of a file that hold anything, ascending: most of a sparse file are holes. */
function presentParts(ino: Ino, sources: readonly Source[], reader: ContentReader): number[] {
  const present = new Set<number>();
  for (const source of sources) {
    if (source.body.content?.parts === "apart") {
      for (const part of reader.partsApart(ino)) present.add(part);
    }
    for (const list of listsIn(source)) eachPart(list, (part) => present.add(part));
  }
  return [...present].sort((left, right) => left - right);
}

/** The blocks of one part of a file. */
function blocksOf(
  ino: Ino,
  sources: readonly Source[],
  part: number,
  reader: ContentReader,
): Table<Block> {
  const content = emptyContent();
  const put = (at: number, length: number, tape: TapePosition) => cover(content, at, length, tape);
  for (const source of sources) {
    const { cut, parts } = source.body.content ?? {};
    if (cut !== undefined && cut < content.size) resize(content, cut);
    for (const list of parts === "apart" ? reader.partPages(ino, "file", part) : listsIn(source)) {
      eachPart(list, (number, start, end) => {
        if (number !== part) return;
        readPieces(new ByteReader(list.bytes, start, end), part, source.tape, put);
      });
    }
  }
  return content.blocks;
}

function entriesOf(
  ino: Ino,
  sources: readonly Source[],
  size: number,
  reader: ContentReader,
): Entries {
  if (size <= eagerEntries) return entriesFrom(namesIn(ino, sources, reader));
  const depth = size <= rangedEntries ? 1 : 2;
  const count = depth === 1 ? rangeBuckets : 1;
  const versionOf = versionsOf(sources);
  let index: PartIndex | undefined;
  const make = (first: number): Entries =>
    reader.guard(
      ino,
      () => {
        index ??= indexOf(sources, count);
        return entriesFrom(namesInRange(ino, sources, reader, index, first), depth);
      },
      (inode) => entriesFrom(namesOf(inode, first, first + count), depth),
    );
  return entriesOfBuckets(depth, (first) => {
    let version = 0 as Seq;
    for (let at = first; at < first + count; at += 1)
      version = Math.max(version, versionOf(at)) as Seq;
    // As a range it is another part than as a bucket: a directory may grow.
    return reader.share(ino, first * 2 + depth - 1, version, () => make(first));
  });
}

/** All entries of a directory. */
function namesIn(ino: Ino, sources: readonly Source[], reader: ContentReader): Map<Name, Ino> {
  const names = new Map<Name, Ino>();
  for (const source of sources) {
    const isApart = source.body.content?.parts === "apart";
    for (const list of isApart ? reader.partPages(ino, "directory", undefined) : listsIn(source)) {
      eachPart(list, (_, start, end) => readEntries(new ByteReader(list.bytes, start, end), names));
    }
  }
  return names;
}

/** Where the bodies hold parts, by the first bucket of their range: which body, start and end, over and over. */
interface PartIndex {
  /** Buckets in a range. */
  readonly count: number;
  readonly places: ReadonlyMap<number, readonly number[]>;
}

function indexOf(sources: readonly Source[], count: number): PartIndex {
  const places = new Map<number, number[]>();
  for (const [which, source] of sources.entries()) {
    for (const list of listsIn(source)) {
      eachPart(list, (part, start, end) => {
        const first = part - (part % count);
        const known = places.get(first);
        if (known === undefined) places.set(first, [which, start, end]);
        else known.push(which, start, end);
      });
    }
  }
  return { count, places };
}

/** The entries of one range of a directory's buckets. */
function namesInRange(
  ino: Ino,
  sources: readonly Source[],
  reader: ContentReader,
  index: PartIndex,
  first: number,
): Map<Name, Ino> {
  const names = new Map<Name, Ino>();
  // Only the oldest body can have its parts in pages, one page for a range.
  if (sources[0]?.body.content?.parts === "apart") {
    for (const page of reader.partPages(ino, "directory", first)) {
      eachPart(page, (part, start, end) => {
        if (part - (part % index.count) === first)
          readEntries(new ByteReader(page.bytes, start, end), names);
      });
    }
  }
  const places = index.places.get(first) ?? [];
  for (let at = 0; at < places.length; at += 3) {
    const bytes = sources[places[at] ?? 0]?.bytes;
    if (bytes !== undefined)
      readEntries(new ByteReader(bytes, places[at + 1], places[at + 2]), names);
  }
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

/** The list of parts that a body holds itself, where it holds any. */
function listsIn({ body, bytes }: Source): readonly PartList[] {
  const at = body.content?.parts;
  return at === undefined || at === "apart" ? [] : [{ bytes, at }];
}

/** Tells when each part last changed: by being written to, or by a cut that reaches into it. */
function versionsOf(sources: readonly Source[]): (part: number) => Seq {
  const written = new Map<number, Seq>();
  const cuts: { readonly cut: number; readonly seq: Seq }[] = [];
  for (const source of sources) {
    const { seq } = source;
    const cut = source.body.content?.cut;
    if (cut !== undefined) cuts.push({ cut, seq });
    for (const list of listsIn(source)) eachPart(list, (part) => written.set(part, seq));
  }
  const first = sources[0]?.seq ?? (0 as Seq);
  return (part) => {
    const cut = cuts.findLast((one) => one.cut < (part + 1) * partBytes)?.seq ?? first;
    return Math.max(first, cut, written.get(part) ?? 0) as Seq;
  };
}

function pageOfPart(blocks: Table<Block>, part: number): readonly (Block | undefined)[] {
  return [...(pageOf(blocks, part * partBlocks) ?? [])];
}
