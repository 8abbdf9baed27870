import { type Ino, type Seq, rootIno } from "../../../journal/index.ts";
import { type Inode, type Tree, entriesOf, inodeOf } from "../../fs/index.ts";
import { ByteReader, ByteWriter, SnapshotDamage } from "../base/bytes.ts";
import { type Reference, writeDelta, writeGone, writeParts } from "./delta-writer.ts";
import type { TouchedInodes } from "./touched.ts";

/** The version of this encoding: stored snapshots of another version are made again. */
export const version = 4;

/** A stored snapshot of another version of this program: it is not damaged, and of no use. */
export class OutdatedSnapshot extends SnapshotDamage {}

/** The moment of a snapshot, and of the previous one. */
export interface Moment {
  readonly seq: Seq;
  readonly seqBefore: Seq;
  /** The time of event `seq`. */
  readonly time: bigint;
  /** The length of the tape here, and at the previous snapshot. */
  readonly tapeLength: number;
  readonly tapeBefore: number;
}

/** The facts about the state as a whole in a stored snapshot. */
export interface SnapshotHeader extends Moment {
  readonly nextIno: Ino;
  readonly count: number;
  readonly mapped: number;
  readonly orphans: readonly Ino[];
}

/** Encodes an increment: what was touched since the previous snapshot. */
export function encodeIncrement(tree: Tree, moment: Moment, touched: TouchedInodes): Uint8Array {
  const to = new ByteWriter();
  writeHeader(to, tree, moment);
  const reference: Reference = { time: moment.time, tape: moment.tapeBefore };
  const delta = new ByteWriter();
  let last = 0;
  to.varint(touched.size);
  for (const [ino, note] of [...touched].sort(([left], [right]) => left - right)) {
    const inode = inodeOf(tree, ino);
    delta.clear();
    if (inode === undefined) writeGone(delta);
    else writeDelta(delta, inode, reference, note);
    to.varint(ino - last);
    to.varint(delta.length);
    to.bytes(delta.written);
    last = ino;
  }
  return to.toBytes();
}

/**
 * Calls `visit` with each inode of an increment, and the position and length of its delta. `from` is behind the header.
 * Throws SnapshotDamage.
 */
export function readDeltas(
  from: ByteReader,
  visit: (ino: Ino, start: number, length: number) => void,
): void {
  let ino = 0;
  for (let count = from.varint(); count > 0; count -= 1) {
    ino += from.varint();
    const length = from.varint();
    visit(ino as Ino, from.skip(length), length);
  }
  if (from.at !== from.end) throw new SnapshotDamage("an increment is longer than its inodes");
}

/** The number of inodes in a page, and in a leaf of the inode table. */
export const pageInodes = 256;
export const leafInodes = 32;
/** The leaf of the root, which exists before any event touches it. */
export const rootLeaf = Math.floor(rootIno / leafInodes);

/** A decoded full snapshot: the digests of its pages, and the last changes of their inodes. */
export interface FullSnapshot {
  readonly header: SnapshotHeader;
  /** Bytes of all its pages. */
  readonly pageBytes: number;
  /** The digest of the page with the inodes from `pageInodes` * number on. */
  readonly inodePages: ReadonlyMap<number, string>;
  /** The snapshot in which an inode of a leaf last changed, by leaf of 32 inodes, ascending. */
  readonly changed: ReadonlyMap<number, Seq>;
  /** The digests of pages with parts, by inode and part page. */
  readonly apart: ReadonlyMap<Ino, ReadonlyMap<number, string>>;
}

/** Larger content is stored in pages of its own. */
const inlineBytes = 4_096;
/** The number of a directory's buckets in a page; each part of a file has a page of its own. */
const pageBuckets = 32;

/** Returns the number of the page of an inode that holds a part. */
export function partPage(type: Inode["type"], part: number): number {
  return type === "directory" ? Math.floor(part / pageBuckets) : part;
}

/** Encodes a full snapshot; hands its pages to `putPage`, which returns their digests. */
export function encodeFull(
  tree: Tree,
  moment: Moment,
  changed: ReadonlyMap<number, Seq>,
  putPage: (bytes: Uint8Array) => string,
): Uint8Array {
  const to = new ByteWriter();
  writeHeader(to, tree, moment);
  const inodePages: [number, string][] = [];
  const apart: [Ino, number, string][] = [];
  let pageBytes = 0;
  const put = (page: Uint8Array): string => {
    pageBytes += page.length;
    return putPage(page);
  };
  for (const [index, inodes] of inodePagesOf(tree)) {
    inodePages.push([
      index,
      put(
        encodeInodePage(index, inodes, (inode, pages) => {
          for (const [page, bytes] of pages) apart.push([inode.ino, page, put(bytes)]);
        }),
      ),
    ]);
  }
  to.varint(pageBytes);
  to.varint(inodePages.length);
  let lastIndex = 0;
  for (const [index, digest] of inodePages) {
    to.varint(index - lastIndex);
    writeDigest(to, digest);
    lastIndex = index;
  }
  to.varint(changed.size);
  let last = 0;
  for (const [leaf, seq] of [...changed].sort(([left], [right]) => left - right)) {
    to.varint(leaf - last);
    to.varint(seq);
    last = leaf;
  }
  to.varint(apart.length);
  for (const [ino, page, digest] of apart) {
    to.varint(ino);
    to.varint(page);
    writeDigest(to, digest);
  }
  return to.toBytes();
}

/** Throws SnapshotDamage. */
export function decodeFull(bytes: Uint8Array): FullSnapshot {
  const from = new ByteReader(bytes);
  const header = readHeader(from);
  const pageBytes = from.varint();
  const inodePages = new Map<number, string>();
  let page = 0;
  for (let count = from.varint(); count > 0; count -= 1) {
    page += from.varint();
    inodePages.set(page, readDigest(from));
  }
  const changed = new Map<number, Seq>();
  let leaf = 0;
  for (let count = from.varint(); count > 0; count -= 1) {
    leaf += from.varint();
    changed.set(leaf, from.varint() as Seq);
  }
  const apart = new Map<Ino, Map<number, string>>();
  for (let count = from.varint(); count > 0; count -= 1) {
    const ino = from.varint() as Ino;
    const pages = apart.get(ino) ?? new Map<number, string>();
    pages.set(from.varint(), readDigest(from));
    apart.set(ino, pages);
  }
  if (from.at !== from.end) throw new SnapshotDamage("a snapshot is longer than its pages");
  return { header, pageBytes, inodePages, changed, apart };
}

/** A decoded page of inodes, with the position of each delta. */
export interface InodePage {
  readonly bytes: Uint8Array;
  readonly time: bigint;
  /** Positions by index in the page; 0 for no inode. */
  readonly starts: Uint32Array;
}

/** Throws SnapshotDamage. */
export function decodeInodePage(bytes: Uint8Array): InodePage {
  const from = new ByteReader(bytes);
  const time = from.fixed();
  const starts = new Uint32Array(pageInodes);
  let index = 0;
  for (let count = from.varint(); count > 0; count -= 1) {
    index += from.varint();
    const length = from.varint();
    if (index >= pageInodes) throw new SnapshotDamage("an inode lies outside its page");
    starts[index] = from.skip(length);
  }
  if (from.at !== from.end) throw new SnapshotDamage("a page is longer than its inodes");
  return { bytes, time, starts };
}

function encodeInodePage(
  page: number,
  inodes: readonly Inode[],
  putApart: (inode: Inode, pages: ReadonlyMap<number, Uint8Array>) => void,
): Uint8Array {
  const to = new ByteWriter();
  // A reference of the page's own, so that a page of unchanged inodes has the same bytes in the next full snapshot.
  let time = 0n;
  for (const { ctime } of inodes) if (ctime > time) time = ctime;
  to.fixed(time);
  to.varint(inodes.length);
  const delta = new ByteWriter();
  let last = page * pageInodes;
  for (const inode of inodes) {
    delta.clear();
    writeDelta(delta, inode, { time, tape: 0 }, "whole", {
      mostBytes: inlineBytes,
      put: (parts) => putApart(inode, pagesOf(inode.type, parts)),
    });
    to.varint(inode.ino - last);
    to.varint(delta.length);
    to.bytes(delta.written);
    last = inode.ino;
  }
  return to.toBytes();
}

function pagesOf(
  type: Inode["type"],
  parts: Parameters<typeof writeParts>[1],
): Map<number, Uint8Array> {
  const byPage = Map.groupBy(parts, ({ part }) => partPage(type, part));
  const pages = new Map<number, Uint8Array>();
  for (const [page, some] of byPage) {
    const to = new ByteWriter();
    writeParts(to, some);
    pages.set(page, to.toBytes());
  }
  return pages;
}

function* inodePagesOf(tree: Tree): Generator<readonly [number, readonly Inode[]]> {
  let page = 0;
  let inodes: Inode[] = [];
  for (const [ino, inode] of entriesOf(tree.inodes)) {
    const next = Math.floor(ino / pageInodes);
    if (next !== page && inodes.length > 0) {
      yield [page, inodes];
      inodes = [];
    }
    page = next;
    inodes.push(inode);
  }
  if (inodes.length > 0) yield [page, inodes];
}

function writeHeader(to: ByteWriter, tree: Tree, moment: Moment): void {
  to.byte(version);
  to.varint(moment.seq);
  to.varint(moment.seqBefore);
  to.fixed(moment.time);
  to.varint(moment.tapeLength);
  to.varint(moment.tapeBefore);
  to.varint(tree.nextIno);
  to.varint(tree.count);
  to.varint(tree.mapped);
  to.varint(tree.orphans.size);
  for (const ino of [...tree.orphans].sort((left, right) => left - right)) to.varint(ino);
}

/** Reads the facts of a full snapshot or an increment, which they begin with. Throws SnapshotDamage. */
export function readHeader(from: ByteReader): SnapshotHeader {
  if (from.byte() !== version) throw new OutdatedSnapshot("it is of another version");
  const seq = from.varint() as Seq;
  const seqBefore = from.varint() as Seq;
  const time = from.fixed();
  const tapeLength = from.varint();
  const tapeBefore = from.varint();
  const nextIno = from.varint() as Ino;
  const count = from.varint();
  const mapped = from.varint();
  const orphans: Ino[] = [];
  for (let left = from.varint(); left > 0; left -= 1) orphans.push(from.varint() as Ino);
  return { seq, seqBefore, time, tapeLength, tapeBefore, nextIno, count, mapped, orphans };
}

function writeDigest(to: ByteWriter, digest: string): void {
  to.byte(digest.length / 2);
  for (let at = 0; at < digest.length; at += 2)
    to.byte(Number.parseInt(digest.slice(at, at + 2), 16));
}

function readDigest(from: ByteReader): string {
  const bytes = from.bytes(from.byte());
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
