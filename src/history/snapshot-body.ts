import type { Ino, Name, TapePosition } from "../../journal/index.ts";
import {
  type Block,
  type Directory,
  type File,
  type Inode,
  type Link,
  blockBytes,
  bucketOf,
  entriesIn,
  entriesOf,
  getAt,
  getEntry,
} from "../fs/index.ts";
import { ByteReader, ByteWriter, SnapshotDamage } from "./bytes.ts";

/** What changed about an inode since the snapshot before. */
export interface Touched {
  /** It is new: nothing that was stored of it counts. */
  whole: boolean;
  names: boolean;
  atime: boolean;
  /** The file's size was set. */
  size: boolean;
  /** Smallest size that the file was cut to; infinite when it was not. */
  cut: number;
  /** Blocks that were written to; all of them for a file whose content was replaced. */
  blocks: Set<number> | "all";
  /** Names of a directory that were made or removed. */
  entries: Set<Name>;
}

/** 32 blocks of a file are stored as one part; a directory's parts are the buckets of its names. */
export const partBlocks = 32;

const flag = {
  gone: 1,
  directory: 2,
  symlink: 4,
  whole: 8,
  names: 16,
  atime: 32,
  mtime: 64,
  content: 128,
  cut: 256,
  formerly: 512,
  /** Its parts stand in pages of their own. */
  apart: 1024,
} as const;

/** What the numbers of a body count from. */
export interface Reference {
  readonly time: bigint;
  /** Length of the tape at the snapshot before. */
  readonly tape: number;
}

/** Writes that an inode is gone. */
export function writeGone(to: ByteWriter): void {
  to.varint(flag.gone);
}

/** Tells of a body, without reading it, whether the inode is gone. */
export function isGone(bytes: Uint8Array, start: number): boolean {
  return ((bytes[start] ?? 0) & flag.gone) !== 0;
}

/** Parts that a body does not hold itself. */
export interface Part {
  readonly part: number;
  readonly bytes: Uint8Array;
}

/**
 * Writes an inode: all of it, or what was touched. Content of more than `mostBytes` is not written but handed to `apart`.
 */
export function writeBody(
  to: ByteWriter,
  inode: Inode,
  reference: Reference,
  touched: Touched | "whole",
  apart?: { readonly mostBytes: number; put(parts: readonly Part[]): void },
): void {
  const changed = touched === "whole" || touched.whole ? undefined : touched;
  const isWhole = changed === undefined;
  const parts = partsOf(inode, reference, changed);
  const hasContent = changed === undefined ? inode.type !== "symlink" : isContentTouched(changed);
  const isApart =
    apart !== undefined &&
    parts.reduce((sum, { bytes }) => sum + bytes.length, 0) > apart.mostBytes;
  const hasNames = changed?.names ?? true;
  const hasAtime = changed?.atime ?? inode.atime !== inode.ctime;
  const cut =
    changed === undefined || changed.cut === Number.POSITIVE_INFINITY ? undefined : changed.cut;
  const isNameless = hasNames && inode.formerly !== undefined;

  to.varint(
    (inode.type === "directory" ? flag.directory : 0) |
      (inode.type === "symlink" ? flag.symlink : 0) |
      (isWhole ? flag.whole : 0) |
      (hasNames ? flag.names : 0) |
      (hasAtime ? flag.atime : 0) |
      (inode.mtime === inode.ctime ? 0 : flag.mtime) |
      (hasContent ? flag.content : 0) |
      (cut === undefined ? 0 : flag.cut) |
      (isNameless ? flag.formerly : 0) |
      (isApart ? flag.apart : 0),
  );
  to.time(inode.ctime, reference.time);
  if (hasAtime) to.time(inode.atime, reference.time);
  if (inode.mtime !== inode.ctime) to.time(inode.mtime, reference.time);
  if (hasNames) {
    to.varint(inode.names.length);
    for (const { parent, name } of inode.names) {
      to.varint(parent);
      to.text(name);
    }
    if (inode.formerly !== undefined) to.text(inode.formerly);
  }
  if (inode.type === "symlink") {
    if (isWhole) to.text(inode.target);
    return;
  }
  if (!hasContent) return;
  if (cut !== undefined) to.varint(cut);
  if (inode.type === "file") {
    to.varint(inode.content.size);
    to.varint(inode.content.mapped);
  } else to.varint(inode.size);
  if (isApart) apart.put(parts);
  else writeParts(to, parts);
}

/** Writes parts in order, each with its number and its length. */
export function writeParts(to: ByteWriter, parts: readonly Part[]): void {
  to.varint(parts.length);
  let last = 0;
  for (const { part, bytes } of parts) {
    to.varint(part - last);
    to.varint(bytes.length);
    to.bytes(bytes);
    last = part;
  }
}

/** Bytes that hold a list of parts, from `at` on. */
export interface PartList {
  readonly bytes: Uint8Array;
  readonly at: number;
}

/** Goes through a list of parts: it is short, and kept as the bytes that it is. */
export function eachPart(
  { bytes, at }: PartList,
  visit: (part: number, start: number, end: number) => void,
): void {
  const from = new ByteReader(bytes, at);
  let part = 0;
  for (let count = from.varint(); count > 0; count -= 1) {
    part += from.varint();
    const start = from.skip(from.varint());
    visit(part, start, from.at);
  }
}

/** A body as it is stored. What is absent is as the body before it says. */
export interface Body {
  readonly type: Inode["type"];
  readonly isWhole: boolean;
  readonly ctime: bigint;
  readonly mtime: bigint;
  readonly atime: bigint | undefined;
  readonly names: Link[] | undefined;
  readonly formerly: string | undefined;
  readonly target: string | undefined;
  readonly content: BodyContent | undefined;
}

export interface BodyContent {
  /** What the file was cut to before its parts were written; absent where it was not. */
  readonly cut: number | undefined;
  readonly size: number;
  readonly mapped: number;
  /** Where the list of its parts begins, or that they stand in pages of the base. */
  readonly parts: number | "apart";
}

/** Reads what `writeBody` wrote, or "gone". Throws SnapshotDamage. */
export function readBody(from: ByteReader, time: bigint): Body | "gone" {
  const flags = from.varint();
  if ((flags & flag.gone) !== 0) return "gone";
  const isSymlink = (flags & flag.symlink) !== 0;
  const type = isSymlink ? "symlink" : (flags & flag.directory) !== 0 ? "directory" : "file";
  const isWhole = (flags & flag.whole) !== 0;
  const ctime = from.time(time);
  const atime = (flags & flag.atime) !== 0 ? from.time(time) : isWhole ? ctime : undefined;
  const mtime = (flags & flag.mtime) !== 0 ? from.time(time) : ctime;
  const names = (flags & flag.names) !== 0 ? readNames(from) : undefined;
  const formerly = (flags & flag.formerly) !== 0 ? from.text() : undefined;
  const target = isSymlink && isWhole ? from.text() : undefined;
  const content = (flags & flag.content) !== 0 ? readBodyContent(from, flags, type) : undefined;
  return { type, isWhole, ctime, mtime, atime, names, formerly, target, content };
}

function readBodyContent(from: ByteReader, flags: number, type: Inode["type"]): BodyContent {
  const cut = (flags & flag.cut) !== 0 ? from.varint() : undefined;
  const size = from.varint();
  const mapped = type === "file" ? from.varint() : 0;
  const parts = (flags & flag.apart) !== 0 ? ("apart" as const) : from.at;
  return { cut, size, mapped, parts };
}

function readNames(from: ByteReader): Link[] {
  const count = from.varint();
  const names: Link[] = [];
  for (let index = 0; index < count; index += 1) {
    names.push({ parent: from.varint() as Ino, name: from.text() as Name });
  }
  return names;
}

/** A file's size may change without a block: by growth. */
function isContentTouched({ cut, blocks, entries, size }: Touched): boolean {
  return (
    size ||
    cut !== Number.POSITIVE_INFINITY ||
    blocks === "all" ||
    blocks.size > 0 ||
    entries.size > 0
  );
}

/** The parts that changed, or all of them where `touched` is left out. */
function partsOf(inode: Inode, reference: Reference, touched: Touched | undefined): Part[] {
  switch (inode.type) {
    case "file":
      return touched === undefined || touched.blocks === "all"
        ? fileParts(entriesOf(inode.content.blocks), reference.tape, 0)
        : fileParts(blocksOf(inode, touched.blocks), reference.tape, reference.tape);
    case "directory":
      return directoryParts(
        touched === undefined ? entriesIn(inode.entries) : entriesNamed(inode, touched.entries),
      );
    case "symlink":
      return [];
  }
}

function* blocksOf(file: File, blocks: ReadonlySet<number>): Generator<readonly [number, Block]> {
  for (const index of [...blocks].sort((left, right) => left - right)) {
    const block = getAt(file.content.blocks, index);
    if (block !== undefined) yield [index, block];
  }
}

/**
 * The pieces that stand on the tape from `first` on, by part, counted from `reference`. Pieces that go on in the next
 * block are joined.
 */
function fileParts(
  blocks: Iterable<readonly [number, Block]>,
  reference: number,
  first: number,
): Part[] {
  const writers = new Map<number, PieceWriter>();
  for (const [index, block] of blocks) {
    const part = Math.floor(index / partBlocks);
    for (const { offset, length, tape } of block) {
      // An append makes one piece with what was there before: only its end is new.
      const old = Math.max(0, first - tape);
      if (old >= length) continue;
      let writer = writers.get(part);
      if (writer === undefined) {
        writer = new PieceWriter(part * partBlocks * blockBytes, reference);
        writers.set(part, writer);
      }
      writer.piece(offset + old, length - old, tape + old);
    }
  }
  return Array.from(writers, ([part, writer]) => ({ part, bytes: writer.finish() }));
}

class PieceWriter {
  readonly #to = new ByteWriter(32);
  #offset: number;
  #tape: number;
  #held: { offset: number; length: number; tape: number } | undefined;

  constructor(offset: number, tape: number) {
    this.#offset = offset;
    this.#tape = tape;
  }

  piece(offset: number, length: number, tape: number): void {
    const held = this.#held;
    if (
      held !== undefined &&
      held.offset + held.length === offset &&
      held.tape + held.length === tape
    ) {
      held.length += length;
      return;
    }
    this.#flush();
    this.#held = { offset, length, tape };
  }

  finish(): Uint8Array {
    this.#flush();
    return this.#to.toBytes();
  }

  #flush(): void {
    const held = this.#held;
    if (held === undefined) return;
    this.#to.varint(held.offset - this.#offset);
    this.#to.varint(held.length);
    this.#to.signed(held.tape - this.#tape);
    this.#offset = held.offset + held.length;
    this.#tape = held.tape + held.length;
  }
}

/** A piece of a part: `length` bytes of the file from `offset` on, at `tape`. */
export type PieceVisitor = (offset: number, length: number, tape: TapePosition) => void;

/** Reads a file's part. `tape` is the reference that its body was written with. */
export function readPieces(
  from: ByteReader,
  part: number,
  tape: number,
  visit: PieceVisitor,
): void {
  const first = part * partBlocks * blockBytes;
  const end = first + partBlocks * blockBytes;
  let at = first;
  let place = tape;
  while (from.at < from.end) {
    const offset = at + from.varint();
    const length = from.varint();
    const start = place + from.signed();
    if (length === 0 || offset + length > end || start < 0) {
      throw new SnapshotDamage("a piece lies outside its part");
    }
    visit(offset, length, start as TapePosition);
    at = offset + length;
    place = start + length;
  }
}

/** Ino 0: the name is gone. */
function* entriesNamed(
  directory: Directory,
  names: ReadonlySet<Name>,
): Generator<readonly [Name, number]> {
  for (const name of names) yield [name, getEntry(directory.entries, name) ?? 0];
}

function directoryParts(entries: Iterable<readonly [Name, number]>): Part[] {
  const byPart = new Map<number, [Name, number][]>();
  for (const [name, ino] of entries) {
    const bucket = bucketOf(name);
    const part = byPart.get(bucket);
    if (part === undefined) byPart.set(bucket, [[name, ino]]);
    else part.push([name, ino]);
  }
  const to = new ByteWriter();
  return [...byPart]
    .sort(([left], [right]) => left - right)
    .map(([part, pairs]) => {
      to.clear();
      // In an order that does not depend on how the tree came about: the same entries are the same bytes.
      for (const [name, ino] of pairs.sort(([left], [right]) => (left < right ? -1 : 1))) {
        to.varint(ino);
        to.text(name);
      }
      return { part, bytes: to.toBytes() };
    });
}

/** Reads a directory's part into `names`: puts, and takes away what is gone. */
export function readEntries(from: ByteReader, names: Map<Name, Ino>): void {
  while (from.at < from.end) {
    const ino = from.varint();
    const name = from.text() as Name;
    if (ino === 0) names.delete(name);
    else names.set(name, ino as Ino);
  }
}
