import type { Ino, Name } from "../../../journal/index.ts";
import {
  type Content,
  type Directory,
  type Inode,
  bucketOf,
  eachPiece,
  entriesIn,
  entriesOf,
  isSpecial,
  xattrsOf,
} from "../../fs/index.ts";
import type { BaseState } from "./base-state.ts";
import { ByteWriter } from "./bytes.ts";
import { bucketsInPage, inodesInLeaf, inodesInPage, partBytes } from "./version-2.ts";
import { flag } from "./version-3.ts";
import { writeXattrs } from "./xattrs.ts";

/** Content of more bytes than this stands in pages of its own. */
const inlineBytes = 4_096;

/**
 * Gives the bytes of a base, in version 3 of its encoding: journal/DESIGN.md, "The bytes of a base". Its pages go to
 * `putPage`, which gives their digests.
 */
export function writeBase(state: BaseState, putPage: (bytes: Uint8Array) => string): Uint8Array {
  const { seq, tree } = state;
  const pages = new Pages(putPage);
  const groups: [number, string][] = [];
  const leaves = new Set<number>();
  for (const [group, inodes] of Map.groupBy(inodesIn(tree), groupOf)) {
    groups.push([group, pages.put(groupBytes(group, inodes, pages))]);
    for (const { ino } of inodes) leaves.add(Math.floor(ino / inodesInLeaf));
  }
  const to = new ByteWriter();
  to.byte(3);
  to.varint(seq);
  to.varint(0);
  to.fixed(state.time);
  to.varint(state.tapeLength);
  to.varint(0);
  to.varint(tree.nextIno);
  to.varint(tree.count);
  to.varint(tree.mapped);
  to.varint(tree.orphans.size);
  for (const ino of [...tree.orphans].sort((left, right) => left - right)) to.varint(ino);
  to.varint(pages.bytes);
  to.varint(groups.length);
  let last = 0;
  for (const [group, digest] of groups) {
    to.varint(group - last);
    writeDigest(to, digest);
    last = group;
  }
  to.varint(leaves.size);
  last = 0;
  for (const leaf of leaves) {
    to.varint(leaf - last);
    to.varint(seq);
    last = leaf;
  }
  to.varint(pages.apart.length);
  for (const { ino, page, digest } of pages.apart) {
    to.varint(ino);
    to.varint(page);
    writeDigest(to, digest);
  }
  return to.toBytes();
}

/** The pages of a base, as they come. */
class Pages {
  readonly #put: (bytes: Uint8Array) => string;
  /** Those with the content of one inode. */
  readonly apart: { readonly ino: Ino; readonly page: number; readonly digest: string }[] = [];
  bytes = 0;

  constructor(put: (bytes: Uint8Array) => string) {
    this.#put = put;
  }

  put(page: Uint8Array): string {
    this.bytes += page.length;
    return this.#put(page);
  }

  putApart({ ino, type }: Inode, parts: readonly Part[]): void {
    const pageOf = ({ part }: Part) =>
      type === "directory" ? Math.floor(part / bucketsInPage) : part;
    for (const [page, some] of Map.groupBy(parts, pageOf)) {
      const to = new ByteWriter();
      writeParts(to, some);
      this.apart.push({ ino, page, digest: this.put(to.toBytes()) });
    }
  }
}

function* inodesIn(tree: BaseState["tree"]): Generator<Inode> {
  for (const [, inode] of entriesOf<Inode>(tree.inodes)) yield inode;
}

function groupOf({ ino }: Inode): number {
  return Math.floor(ino / inodesInPage);
}

function groupBytes(group: number, inodes: readonly Inode[], pages: Pages): Uint8Array {
  const to = new ByteWriter();
  let time = 0n;
  for (const { ctime } of inodes) if (ctime > time) time = ctime;
  to.fixed(time);
  to.varint(inodes.length);
  const body = new ByteWriter();
  let last = group * inodesInPage;
  for (const inode of inodes) {
    body.clear();
    writeInode(body, inode, time, pages);
    to.varint(inode.ino - last);
    to.varint(body.length);
    to.bytes(body.toBytes());
    last = inode.ino;
  }
  return to.toBytes();
}

function writeInode(to: ByteWriter, inode: Inode, time: bigint, pages: Pages): void {
  const { type, atime, mtime, ctime, names, formerly } = inode;
  const parts = partsOf(inode);
  const isApart = parts.reduce((sum, { bytes }) => sum + bytes.length, 0) > inlineBytes;
  const mode = type === "symlink" ? undefined : inode.mode;
  const xattrs = xattrsOf(inode);
  to.varint(
    flag.whole |
      flag.names |
      typeFlags[type] |
      (atime === ctime ? 0 : flag.atime) |
      (mtime === ctime ? 0 : flag.mtime) |
      (formerly === undefined ? 0 : flag.formerly) |
      (isApart ? flag.apart : 0) |
      (mode === undefined ? 0 : flag.mode) |
      (xattrs === undefined ? 0 : flag.xattrs),
  );
  to.time(ctime, time);
  if (atime !== ctime) to.time(atime, time);
  if (mtime !== ctime) to.time(mtime, time);
  to.varint(names.length);
  for (const { parent, name } of names) {
    to.varint(parent);
    to.text(name);
  }
  if (formerly !== undefined) to.text(formerly);
  if (mode !== undefined) to.varint(mode + 1);
  if (type === "symlink") return to.text(inode.target);
  if (isSpecial(inode)) return;
  if (xattrs !== undefined) writeXattrs(to, xattrs);
  to.varint(inode.type === "file" ? inode.content.size : inode.size);
  if (inode.type === "file") to.varint(inode.content.mapped);
  if (isApart) pages.putApart(inode, parts);
  else writeParts(to, parts);
}

/** The flags of an inode's type. */
const typeFlags = {
  file: flag.content,
  directory: flag.directory | flag.content,
  symlink: flag.symlink,
  fifo: flag.fifo,
  socket: flag.socket,
} as const satisfies Record<Inode["type"], number>;

/** The content of a file or directory, in numbered pieces. */
interface Part {
  readonly part: number;
  readonly bytes: Uint8Array;
}

function writeParts(to: ByteWriter, parts: readonly Part[]): void {
  to.varint(parts.length);
  let last = 0;
  for (const { part, bytes } of parts) {
    to.varint(part - last);
    to.varint(bytes.length);
    to.bytes(bytes);
    last = part;
  }
}

function partsOf(inode: Inode): readonly Part[] {
  switch (inode.type) {
    case "file":
      return fileParts(inode.content);
    case "directory":
      return directoryParts(inode);
    case "fifo":
    case "socket":
    case "symlink":
      return [];
  }
}

/** A piece of a file that stands on the tape. */
interface Piece {
  readonly offset: number;
  readonly length: number;
  readonly tape: number;
}

function fileParts(content: Content): readonly Part[] {
  return Array.from(Map.groupBy(piecesIn(content), partOf), ([part, pieces]) => {
    const to = new ByteWriter(32);
    let [offset, tape] = [part * partBytes, 0];
    for (const piece of joined(pieces)) {
      to.varint(piece.offset - offset);
      to.varint(piece.length);
      to.signed(piece.tape - tape);
      offset = piece.offset + piece.length;
      tape = piece.tape + piece.length;
    }
    return { part, bytes: to.toBytes() };
  });
}

function partOf({ offset }: Piece): number {
  return Math.floor(offset / partBytes);
}

/** The pieces of a file's blocks: none reaches into another part, which is so many blocks. */
function piecesIn({ blocks }: Content): readonly Piece[] {
  const pieces: Piece[] = [];
  for (const [, block] of entriesOf(blocks))
    eachPiece(block, (offset, length, tape) => pieces.push({ offset, length, tape }));
  return pieces;
}

function joined(pieces: readonly Piece[]): readonly Piece[] {
  const all: Piece[] = [];
  for (const piece of pieces) {
    const last = all.at(-1);
    const goesOn =
      last !== undefined &&
      last.offset + last.length === piece.offset &&
      last.tape + last.length === piece.tape;
    if (goesOn) all[all.length - 1] = { ...last, length: last.length + piece.length };
    else all.push(piece);
  }
  return all;
}

function directoryParts({ entries }: Directory): readonly Part[] {
  const byBucket = Map.groupBy(entriesIn(entries), ([name]) => bucketOf(name));
  return [...byBucket]
    .sort(([left], [right]) => left - right)
    .map(([part, pairs]) => {
      const to = new ByteWriter(64);
      for (const [name, ino] of pairs.toSorted(byName)) {
        to.varint(ino);
        to.text(name);
      }
      return { part, bytes: to.toBytes() };
    });
}

/** An order that does not depend on how the tree came about: the same entries are the same bytes. */
function byName([left]: readonly [Name, Ino], [right]: readonly [Name, Ino]): number {
  return left < right ? -1 : 1;
}

function writeDigest(to: ByteWriter, digest: string): void {
  to.byte(digest.length / 2);
  for (let at = 0; at < digest.length; at += 2)
    to.byte(Number.parseInt(digest.slice(at, at + 2), 16));
}
