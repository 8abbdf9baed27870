import { type Ino, largestMode, type Name, type TapePosition } from "../../../journal/index.ts";
import { type Inode, type Link, type Xattrs, blockBytes, linkTo } from "../../fs/index.ts";
import { ByteReader, SnapshotDamage } from "../base/bytes.ts";
import { readXattrs } from "../base/xattrs.ts";

/** 32 blocks of a file are stored as one part; the parts of a directory are the buckets of its names. */
export const partBlocks = 32;

/** Flags for the type of an inode and the fields of its delta. */
export const flag = {
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
  /** The parts are in pages of their own. */
  apart: 1024,
  /** The permission bits of a file or directory changed, or a whole delta has them. */
  mode: 2048,
  fifo: 4_096,
  socket: 8_192,
  /** The extended attributes changed, or a whole delta has some. */
  xattrs: 16_384,
} as const;

/** The bytes of a list of parts, which begins at `at`. */
export interface PartList {
  readonly bytes: Uint8Array;
  readonly at: number;
}

/** Visits a list of parts. It stays encoded, as it is short. */
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

/** A decoded delta. An absent field is unchanged since the delta before. */
export interface InodeDelta {
  readonly type: Inode["type"];
  readonly isWhole: boolean;
  readonly ctime: bigint;
  readonly mtime: bigint;
  readonly atime: bigint | undefined;
  readonly names: Link[] | undefined;
  readonly formerly: string | undefined;
  /** "unsaid" if no permission bits were set; an absent field of a whole delta means the same. */
  readonly mode: number | "unsaid" | undefined;
  readonly target: string | undefined;
  /** All of them; empty if there are none any more. */
  readonly xattrs: Xattrs | undefined;
  readonly content: DeltaContent | undefined;
}

export interface DeltaContent {
  /** The size that the file was truncated to before its parts were written; absent if it was not. */
  readonly cut: number | undefined;
  readonly size: number;
  readonly mapped: number;
  /** The position of the list of parts, or "apart" if they are in pages of the full snapshot. */
  readonly parts: number | "apart";
}

/** Decodes what `writeDelta` wrote, or returns "gone". Throws SnapshotDamage. */
export function readDelta(from: ByteReader, time: bigint): InodeDelta | "gone" {
  const flags = from.varint();
  if ((flags & flag.gone) !== 0) return "gone";
  const type = typeOf(flags);
  const isSymlink = type === "symlink";
  const isWhole = (flags & flag.whole) !== 0;
  const ctime = from.time(time);
  const atime = (flags & flag.atime) !== 0 ? from.time(time) : isWhole ? ctime : undefined;
  const mtime = (flags & flag.mtime) !== 0 ? from.time(time) : ctime;
  const names = (flags & flag.names) !== 0 ? readNames(from) : undefined;
  const formerly = (flags & flag.formerly) !== 0 ? from.text() : undefined;
  const mode = (flags & flag.mode) !== 0 ? readMode(from) : undefined;
  const target = isSymlink && isWhole ? from.text() : undefined;
  const xattrs = (flags & flag.xattrs) !== 0 ? readXattrs(from) : undefined;
  const content = (flags & flag.content) !== 0 ? readDeltaContent(from, flags, type) : undefined;
  return { type, isWhole, ctime, mtime, atime, names, formerly, mode, target, xattrs, content };
}

/** The position of a delta's content, found without decoding the rest. */
export interface DeltaLayout {
  readonly flags: number;
  readonly cut: number | undefined;
  /** The position of the list of parts; 0 if there is none. */
  readonly parts: number;
}

/** Skips a delta that `readDelta` would decode. Throws SnapshotDamage. */
export function skimDelta(from: ByteReader): DeltaLayout {
  const flags = from.varint();
  if ((flags & flag.gone) !== 0 || (flags & flag.content) === 0)
    return { flags, cut: undefined, parts: 0 };
  from.skipTime();
  if ((flags & flag.atime) !== 0) from.skipTime();
  if ((flags & flag.mtime) !== 0) from.skipTime();
  if ((flags & flag.names) !== 0) {
    for (let count = from.varint(); count > 0; count -= 1) {
      from.varint();
      from.skip(from.varint());
    }
  }
  if ((flags & flag.formerly) !== 0) from.skip(from.varint());
  if ((flags & flag.mode) !== 0) from.varint();
  if ((flags & flag.xattrs) !== 0) readXattrs(from);
  const { cut, parts } = readDeltaContent(from, flags, typeOf(flags));
  return { flags, cut, parts: parts === "apart" ? 0 : parts };
}

/** Reads the mode plus one; 0 stands for none. */
function readMode(from: ByteReader): number | "unsaid" {
  const mode = from.varint() - 1;
  if (mode > largestMode) throw new SnapshotDamage("a mode is too large");
  return mode < 0 ? "unsaid" : mode;
}

function typeOf(flags: number): Inode["type"] {
  if ((flags & flag.symlink) !== 0) return "symlink";
  if ((flags & flag.fifo) !== 0) return "fifo";
  if ((flags & flag.socket) !== 0) return "socket";
  return (flags & flag.directory) !== 0 ? "directory" : "file";
}

function readDeltaContent(from: ByteReader, flags: number, type: Inode["type"]): DeltaContent {
  const cut = (flags & flag.cut) !== 0 ? from.varint() : undefined;
  const size = from.varint();
  const mapped = type === "file" ? from.varint() : 0;
  const parts = (flags & flag.apart) !== 0 ? ("apart" as const) : from.at;
  return { cut, size, mapped, parts };
}

function readNames(from: ByteReader): Link[] {
  const count = from.varint();
  const read = () => linkTo(from.varint() as Ino, from.text() as Name);
  // An array that grows reserves seventeen slots.
  if (count === 1) return Array.of(read());
  const names: Link[] = [];
  for (let index = 0; index < count; index += 1) names.push(read());
  return names;
}

/** Gets a piece of a part: `length` bytes of the file from `offset` on, at `tape`. */
export type PieceVisitor = (offset: number, length: number, tape: TapePosition) => void;

/** Reads a file's part. `tape` is the reference that its delta was written with. */
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

/** Applies a directory's part to `names`: adds names, and deletes removed ones. */
export function readEntries(from: ByteReader, names: Map<Name, Ino>): void {
  while (from.at < from.end) {
    const ino = from.varint();
    const name = from.text() as Name;
    if (ino === 0) names.delete(name);
    else names.set(name, ino as Ino);
  }
}
