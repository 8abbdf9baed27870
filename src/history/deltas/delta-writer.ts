import type { Name } from "../../../journal/index.ts";
import {
  type Block,
  type Directory,
  type File,
  type Inode,
  blockBytes,
  bucketOf,
  eachPiece,
  entriesIn,
  entriesOf,
  getAt,
  getEntry,
  xattrsOf,
} from "../../fs/index.ts";
import { ByteWriter } from "../base/bytes.ts";
import { writeXattrs } from "../base/xattrs.ts";
import { flag, partBlocks } from "./inode-delta.ts";

/** The changes of an inode since the previous snapshot. */
export interface Touched {
  /** The inode is new: earlier deltas do not count. */
  whole: boolean;
  names: boolean;
  atime: boolean;
  mode: boolean;
  xattrs: boolean;
  /** The file's size was set. */
  size: boolean;
  /** The smallest size that the file was truncated to; infinite if it was not. */
  cut: number;
  /** The blocks that were written to; "all" if the content was replaced. */
  blocks: Set<number> | "all";
  /** The names that were added to a directory or removed. */
  entries: Set<Name>;
}

/** The numbers that a delta's numbers are relative to. */
export interface Reference {
  readonly time: bigint;
  /** The length of the tape at the previous snapshot. */
  readonly tape: number;
}

/** Writes that an inode was removed. */
export function writeGone(to: ByteWriter): void {
  to.varint(flag.gone);
}

/** A part that is stored outside of its delta. */
export interface Part {
  readonly part: number;
  readonly bytes: Uint8Array;
}

/**
 * Writes an inode's delta: everything, or the touched facts. Hands content of more than `mostBytes` to `apart` instead.
 */
export function writeDelta(
  to: ByteWriter,
  inode: Inode,
  reference: Reference,
  touched: Touched | "whole",
  apart?: { readonly mostBytes: number; put(parts: readonly Part[]): void },
): void {
  const changed = touched === "whole" || touched.whole ? undefined : touched;
  const isWhole = changed === undefined;
  const parts = partsOf(inode, reference, changed);
  const hasContent = changed === undefined ? hasParts(inode) : isContentTouched(changed);
  const isApart =
    apart !== undefined &&
    parts.reduce((sum, { bytes }) => sum + bytes.length, 0) > apart.mostBytes;
  const hasNames = changed?.names ?? true;
  const hasAtime = changed?.atime ?? inode.atime !== inode.ctime;
  const cut =
    changed === undefined || changed.cut === Number.POSITIVE_INFINITY ? undefined : changed.cut;
  const mode = inode.type === "symlink" ? undefined : inode.mode;
  const hasMode = changed === undefined ? mode !== undefined : changed.mode;
  const xattrs = xattrsOf(inode);
  const hasXattrs = changed === undefined ? xattrs !== undefined : changed.xattrs;
  const isNameless = hasNames && inode.formerly !== undefined;

  to.varint(
    typeFlags[inode.type] |
      (isWhole ? flag.whole : 0) |
      (hasNames ? flag.names : 0) |
      (hasAtime ? flag.atime : 0) |
      (inode.mtime === inode.ctime ? 0 : flag.mtime) |
      (hasContent ? flag.content : 0) |
      (cut === undefined ? 0 : flag.cut) |
      (isNameless ? flag.formerly : 0) |
      (isApart ? flag.apart : 0) |
      (hasMode ? flag.mode : 0) |
      (hasXattrs ? flag.xattrs : 0),
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
  if (hasMode) to.varint(mode === undefined ? 0 : mode + 1);
  if (inode.type === "symlink") {
    if (isWhole) to.text(inode.target);
    return;
  }
  if (hasXattrs) writeXattrs(to, xattrs ?? new Map());
  if (!hasContent || !hasParts(inode)) return;
  if (cut !== undefined) to.varint(cut);
  if (inode.type === "file") {
    to.varint(inode.content.size);
    to.varint(inode.content.mapped);
  } else to.varint(inode.size);
  if (isApart) apart.put(parts);
  else writeParts(to, parts);
}

/** The flags of an inode's type. */
const typeFlags = {
  file: 0,
  directory: flag.directory,
  symlink: flag.symlink,
  fifo: flag.fifo,
  socket: flag.socket,
} as const satisfies Record<Inode["type"], number>;

function hasParts(inode: Inode): inode is File | Directory {
  return inode.type === "file" || inode.type === "directory";
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

function isContentTouched({ cut, blocks, entries, size }: Touched): boolean {
  return (
    size ||
    cut !== Number.POSITIVE_INFINITY ||
    blocks === "all" ||
    blocks.size > 0 ||
    entries.size > 0
  );
}

/** Returns the changed parts; all parts without `touched`. */
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
    case "fifo":
    case "socket":
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
 * Returns the pieces on the tape from `first` on, by part, relative to `reference`. Joins pieces that continue in the
 * next block.
 */
function fileParts(
  blocks: Iterable<readonly [number, Block]>,
  reference: number,
  first: number,
): Part[] {
  const writers = new Map<number, PieceWriter>();
  for (const [index, block] of blocks) {
    const part = Math.floor(index / partBlocks);
    eachPiece(block, (offset, length, tape) => {
      // An append joins the piece before it: only its end is new.
      const old = Math.max(0, first - tape);
      if (old >= length) return;
      let writer = writers.get(part);
      if (writer === undefined) {
        writer = new PieceWriter(part * partBlocks * blockBytes, reference);
        writers.set(part, writer);
      }
      writer.piece(offset + old, length - old, tape + old);
    });
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

/** Yields ino 0 for a removed name. */
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
  // Most have few names, and V8 makes memory of more than 64 bytes apart from its objects, which costs more.
  const to = new ByteWriter(64);
  return [...byPart]
    .sort(([left], [right]) => left - right)
    .map(([part, pairs]) => {
      to.clear();
      // Sorts the names, so that equal entries have equal bytes however the tree was made.
      for (const [name, ino] of pairs.sort(([left], [right]) => (left < right ? -1 : 1))) {
        to.varint(ino);
        to.text(name);
      }
      return { part, bytes: to.toBytes() };
    });
}
