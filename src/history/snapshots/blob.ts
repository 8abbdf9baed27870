import type { Ino, Seq } from "../../../journal/index.ts";
import { type Inode, type Tree, entriesOf, inodeOf } from "../../fs/index.ts";
import { ByteReader, ByteWriter, SnapshotDamage } from "../base/bytes.ts";
import { type Reference, writeBody, writeGone, writeParts } from "./body-writer.ts";
import type { TouchedInodes } from "./touched.ts";

/** Version of the bytes of stored snapshots: those of another are made again. */
const version = 2;

/** Tells whether stored bytes are of this version. */
export function isOfThisVersion(bytes: Uint8Array): boolean {
  return bytes[0] === version;
}

/** The moment that a snapshot is taken at, and that of the snapshot before it. */
export interface Moment {
  readonly seq: Seq;
  readonly seqBefore: Seq;
  /** When event `seq` happened. */
  readonly time: bigint;
  /** Lengths of the tape. */
  readonly tapeLength: number;
  readonly tapeBefore: number;
}

/** What a stored snapshot says of the state as a whole. */
export interface Head extends Moment {
  readonly nextIno: Ino;
  readonly count: number;
  readonly mapped: number;
  readonly orphans: readonly Ino[];
}

/** The bytes of a snapshot of what was touched since the one before. */
export function encodeDelta(tree: Tree, moment: Moment, touched: TouchedInodes): Uint8Array {
  const to = new ByteWriter();
  writeHead(to, tree, moment);
  const reference: Reference = { time: moment.time, tape: moment.tapeBefore };
  const body = new ByteWriter();
  let last = 0;
  to.varint(touched.size);
  for (const [ino, note] of [...touched].sort(([left], [right]) => left - right)) {
    const inode = inodeOf(tree, ino);
    body.clear();
    if (inode === undefined) writeGone(body);
    else writeBody(body, inode, reference, note);
    to.varint(ino - last);
    to.varint(body.length);
    to.bytes(body.toBytes());
    last = ino;
  }
  return to.toBytes();
}

/** Calls `visit` with each inode of a delta and where its body stands. Throws SnapshotDamage. */
export function decodeDelta(bytes: Uint8Array, visit: (ino: Ino, start: number) => void): Head {
  const from = new ByteReader(bytes);
  const head = readHead(from);
  let ino = 0;
  for (let count = from.varint(); count > 0; count -= 1) {
    ino += from.varint();
    const length = from.varint();
    visit(ino as Ino, from.skip(length));
  }
  return head;
}

/** Inodes that are stored in one page, and in one leaf of the inode table. */
export const groupInodes = 1_024;
export const leafInodes = 32;

/** A base as its bytes tell it: where its pages are, and when what is in them last changed. */
export interface Base {
  readonly head: Head;
  /** Bytes of all its pages. */
  readonly pageBytes: number;
  /** Digest of the page with inodes from 1024 * number on. */
  readonly groups: ReadonlyMap<number, string>;
  /** By leaf of 32 inodes, ascending: the snapshot in which one of them last changed. */
  readonly changed: ReadonlyMap<number, Seq>;
  /** Digests of pages with parts, by inode and part page. */
  readonly apart: ReadonlyMap<Ino, ReadonlyMap<number, string>>;
}

/** Content of more bytes than this stands in pages of its own. */
const inlineBytes = 4_096;
/** Buckets of a directory that share a page; a part of a file has a page to itself. */
const pageBuckets = 32;

/** The page, among those of one inode, that holds a part. */
export function partPage(type: Inode["type"], part: number): number {
  return type === "directory" ? Math.floor(part / pageBuckets) : part;
}

/** The bytes of a whole state; its pages go to `putPage`, which gives their digests. */
export function encodeBase(
  tree: Tree,
  moment: Moment,
  changed: ReadonlyMap<number, Seq>,
  putPage: (bytes: Uint8Array) => string,
): Uint8Array {
  const to = new ByteWriter();
  writeHead(to, tree, moment);
  const groups: [number, string][] = [];
  const apart: [Ino, number, string][] = [];
  let pageBytes = 0;
  const put = (page: Uint8Array): string => {
    pageBytes += page.length;
    return putPage(page);
  };
  for (const [group, inodes] of groupsOf(tree)) {
    groups.push([
      group,
      put(
        encodeGroup(group, inodes, (inode, pages) => {
          for (const [page, bytes] of pages) apart.push([inode.ino, page, put(bytes)]);
        }),
      ),
    ]);
  }
  to.varint(pageBytes);
  to.varint(groups.length);
  let lastGroup = 0;
  for (const [group, digest] of groups) {
    to.varint(group - lastGroup);
    writeDigest(to, digest);
    lastGroup = group;
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

export function decodeBase(bytes: Uint8Array): Base {
  const from = new ByteReader(bytes);
  const head = readHead(from);
  const pageBytes = from.varint();
  const groups = new Map<number, string>();
  let group = 0;
  for (let count = from.varint(); count > 0; count -= 1) {
    group += from.varint();
    groups.set(group, readDigest(from));
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
  return { head, pageBytes, groups, changed, apart };
}

/** A page of inodes, opened: where the body of each stands. */
export interface Group {
  readonly bytes: Uint8Array;
  readonly time: bigint;
  /** By number in the group; 0 where there is none. */
  readonly starts: Uint32Array;
}

export function decodeGroup(bytes: Uint8Array): Group {
  const from = new ByteReader(bytes);
  const time = from.fixed();
  const starts = new Uint32Array(groupInodes);
  let index = 0;
  for (let count = from.varint(); count > 0; count -= 1) {
    index += from.varint();
    const length = from.varint();
    if (index >= groupInodes) throw new SnapshotDamage("an inode lies outside its page");
    starts[index] = from.skip(length);
  }
  if (from.at !== from.end) throw new SnapshotDamage("a page is longer than its inodes");
  return { bytes, time, starts };
}

function encodeGroup(
  group: number,
  inodes: readonly Inode[],
  putApart: (inode: Inode, pages: ReadonlyMap<number, Uint8Array>) => void,
): Uint8Array {
  const to = new ByteWriter();
  // Its own reference, so that a page whose inodes did not change is the same bytes in the next base.
  let time = 0n;
  for (const { ctime } of inodes) if (ctime > time) time = ctime;
  to.fixed(time);
  to.varint(inodes.length);
  const body = new ByteWriter();
  let last = group * groupInodes;
  for (const inode of inodes) {
    body.clear();
    writeBody(body, inode, { time, tape: 0 }, "whole", {
      mostBytes: inlineBytes,
      put: (parts) => putApart(inode, pagesOf(inode.type, parts)),
    });
    to.varint(inode.ino - last);
    to.varint(body.length);
    to.bytes(body.toBytes());
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

function* groupsOf(tree: Tree): Generator<readonly [number, readonly Inode[]]> {
  let group = 0;
  let inodes: Inode[] = [];
  for (const [ino, inode] of entriesOf(tree.inodes)) {
    const next = Math.floor(ino / groupInodes);
    if (next !== group && inodes.length > 0) {
      yield [group, inodes];
      inodes = [];
    }
    group = next;
    inodes.push(inode);
  }
  if (inodes.length > 0) yield [group, inodes];
}

function writeHead(to: ByteWriter, tree: Tree, moment: Moment): void {
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

function readHead(from: ByteReader): Head {
  if (from.byte() !== version) throw new SnapshotDamage("it is of another version");
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
