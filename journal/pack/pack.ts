import { ByteReader, ByteWriter, MalformedError } from "../format/bytes.ts";
import { decodeEvent } from "../format/codec.ts";
import type { Event, RunNumber, Seq, TapePosition } from "../format/event.ts";
import { hasBytes, kindOfCode } from "../format/kinds.ts";
import type { RedactedRow } from "../format/redaction.ts";
import { constants, zstdCompressSync, zstdDecompressSync } from "../format/zlib.ts";
import { bytesOf, type SegmentRow, segmentBytes } from "../tape/segment.ts";

/**
 * A part of a journal as a store of many journals keeps it: whole commits, one after another, with their bytes of the
 * tape. journal/DESIGN.md, section 16, has its bytes.
 */
export interface Pack extends PackRange {
  /** The digest of the commit before the first. */
  readonly before: Buffer;
  readonly commits: readonly PackedCommit[];
  /** The events, each behind its length: see `eventsOf`. */
  readonly events: Buffer;
  /** The tape from `tape` to `tapeEnd`, cut where segments are. */
  readonly pieces: readonly SegmentRow[];
  /**
   * Redacted spans of this part of the tape, and those of earlier parts that a run of this pack redacted: in the order
   * of their starts.
   */
  readonly redacted: readonly RedactedRow[];
}

/** The part of a journal that a pack holds. */
export interface PackRange {
  /** The journal's id, 32 hex digits, and its time of birth, in nanoseconds since the epoch. */
  readonly id: string;
  readonly created: string;
  readonly first: Seq;
  readonly last: Seq;
  /** The length of the tape before the first event, and after the last. */
  readonly tape: number;
  readonly tapeEnd: number;
}

/** A commit: the seq of its last event, and the chain's digest there. */
export interface PackedCommit {
  readonly seq: Seq;
  readonly digest: Buffer;
}

/** An event of a pack. Its canonical bytes are those from `start` to `stop` of the pack's unpacked events. */
export interface PackedEvent {
  readonly event: Event;
  readonly tapeAfter: number;
  readonly start: number;
  readonly stop: number;
  /** The SHA-256 of its payload, if it has one. */
  readonly payload: Buffer | undefined;
}

/** The head of a pack: all but its events and its bytes of the tape, and where these stand in the pack. */
export interface PackHead extends PackRange, Pick<Pack, "before" | "commits" | "redacted"> {
  /** The frames of the events, each with whole commits. */
  readonly frames: readonly PackFrame[];
  readonly pieces: readonly PackPiece[];
}

/** Events that are compressed together, up to event `last`. */
export interface PackFrame {
  readonly last: Seq;
  /** Bytes of its events. */
  readonly unpacked: number;
  readonly start: number;
  readonly length: number;
}

/** A piece of the tape, as `segment` has it but for its bytes, of which there are `stored` from `at` on. */
export interface PackPiece extends Omit<SegmentRow, "bytes"> {
  readonly at: number;
  readonly stored: number;
}

const magic = Buffer.from("rwFSpack");
/** In version 1 all events of a pack are one frame. */
const version = 2;
/** A frame ends with the commit with which it has so many events. */
const frameEvents = 2_048;
const digestBytes = 32;
/** Most events of a pack, most bytes of them once they are unpacked, and most bytes of the tape. */
const mostEvents = 200_000;
const mostEventBytes = 64 * 1024 * 1024;
const mostTapeBytes = 512 * 1024 * 1024;
/** Most spans that a pack tells of as redacted. */
const mostSpansOfPack = 1_000_000;
/** Fewest bytes that an entry of each list takes, to hold its count against the bytes that there are. */
const least = { commit: 1 + digestBytes, frame: 3, piece: 4, redacted: 3 + digestBytes };

/** Returns the bytes of a pack. */
export function encodePack(pack: Pack): Buffer {
  const frames = cut(pack).map(({ last, start, stop }) => ({
    last,
    unpacked: stop - start,
    bytes: zstdCompressSync(pack.events.subarray(start, stop), compression),
  }));
  const head = new ByteWriter();
  head.byte(version);
  head.bytes(Buffer.from(pack.id, "hex"));
  head.text(pack.created);
  for (const number of [pack.first, pack.last, pack.tape, pack.tapeEnd]) head.varint(number);
  head.bytes(pack.before);
  head.varint(pack.commits.length);
  let seq = pack.first - 1;
  for (const commit of pack.commits) {
    head.varint(commit.seq - seq);
    head.bytes(commit.digest);
    seq = commit.seq;
  }
  head.varint(pack.redacted.length);
  for (const span of pack.redacted) {
    head.varint(span.start);
    head.varint(span.length);
    head.varint(span.run);
    head.bytes(span.digest);
  }
  head.varint(frames.length);
  let before = pack.first - 1;
  for (const { last, unpacked, bytes } of frames) {
    head.varint(last - before);
    head.varint(unpacked);
    head.varint(bytes.length);
    before = last;
  }
  head.varint(pack.pieces.length);
  for (const { length, coding, crc, bytes } of pack.pieces) {
    head.varint(length);
    head.byte(coding);
    head.varint(crc);
    head.varint(bytes.length);
  }
  const length = Buffer.alloc(4);
  length.writeUInt32LE(head.at);
  const bodies = [...frames, ...pack.pieces].map(({ bytes }) => bytes);
  return Buffer.concat([magic, length, head.buffer.subarray(0, head.at), ...bodies]);
}

/**
 * Reads a pack, whose bytes are taken for hostile. Unpacks its events, and of the tape nothing. That it is well formed
 * says nothing of what is in it: see `checkPack`. Throws MalformedError.
 */
export function decodePack(bytes: Buffer): Pack {
  const { frames, pieces, ...head } = decodePackHead(bytes);
  const end = pieces.at(-1) ?? { at: endOf(frames), stored: 0 };
  if (end.at + end.stored !== bytes.length)
    throw new MalformedError("a pack has more or less of the tape than it says");
  let before = head.first - 1;
  const events = frames.map((frame) => {
    const unpacked = unpackFrame(bytes.subarray(frame.start, frame.start + frame.length), frame);
    if (countIn(unpacked) !== frame.last - before)
      throw new MalformedError("a frame of a pack has more or fewer events than it says");
    before = frame.last;
    return unpacked;
  });
  return {
    ...head,
    events: Buffer.concat(events),
    pieces: pieces.map(({ at, stored, ...piece }) => ({
      ...piece,
      bytes: bytes.subarray(at, at + stored),
    })),
  };
}

/** Reads the head of a pack, of which no more need be there. Throws MalformedError. */
export function decodePackHead(bytes: Buffer): PackHead {
  const all = new ByteReader(bytes);
  if (!all.bytes(magic.length).equals(magic)) throw new MalformedError("it is no pack");
  const headLength = all.bytes(4).readUInt32LE();
  const headStart = all.take(headLength);
  const head = new ByteReader(bytes, headStart, headStart + headLength);
  const written = head.byte();
  if (written < 1 || written > version)
    throw new MalformedError("a pack of a version that is not known");
  const id = head.bytes(16).toString("hex");
  const created = head.text();
  if (!/^(?:0|[1-9]\d{0,18})$/.test(created) || BigInt(created) >= 2n ** 63n)
    throw new MalformedError("the time of birth is not a number");
  const [first, last] = [head.varint() as Seq, head.varint() as Seq];
  const [tape, tapeEnd] = [head.varint(), head.varint()];
  if (first < 1 || last < first || tapeEnd < tape)
    throw new MalformedError("a pack without events");
  if (last - first >= mostEvents || tapeEnd - tape > mostTapeBytes)
    throw new MalformedError("a pack of too much");
  const before = head.bytes(digestBytes);
  const events = last - first + 1;
  let seq = first - 1;
  const commits = listOf(head, least.commit, events, () => {
    seq += head.varint();
    return { seq: seq as Seq, digest: head.bytes(digestBytes) };
  });
  const redacted = listOf(head, least.redacted, mostSpansOfPack, () => ({
    start: head.varint() as TapePosition,
    length: head.varint(),
    run: head.varint() as RunNumber,
    digest: head.bytes(digestBytes),
  }));
  let at = headStart + headLength;
  const place = (length: number) => {
    const start = at;
    at += length;
    return start;
  };
  let reached = first - 1;
  const frameOf = (step: number) => {
    if (step === 0) throw new MalformedError("a frame of a pack is empty");
    reached += step;
    const [unpacked, length] = [head.varint(), head.varint()];
    return { last: reached as Seq, unpacked, start: place(length), length };
  };
  const frames =
    written === 1
      ? [frameOf(last - reached)]
      : listOf(head, least.frame, events, () => frameOf(head.varint()));
  const ends = new Set<number>(commits.map((commit) => commit.seq));
  if (reached !== last || frames.some((frame) => written > 1 && !ends.has(frame.last)))
    throw new MalformedError("the frames of a pack are not its commits");
  if (frames.reduce((sum, { unpacked }) => sum + unpacked, 0) > mostEventBytes)
    throw new MalformedError("a pack of too many events");
  let start = tape;
  const pieces = listOf(head, least.piece, tapeEnd - tape, () => {
    const piece = { start, length: head.varint(), coding: head.byte(), crc: head.varint() };
    const { length } = piece;
    if (length !== Math.min(tapeEnd - start, segmentBytes - (start % segmentBytes)) || length === 0)
      throw new MalformedError("a pack's tape is not cut where segments are");
    start += length;
    const stored = head.varint();
    return { ...piece, at: place(stored), stored };
  });
  if (start !== tapeEnd)
    throw new MalformedError("a pack has more or less of the tape than it says");
  if (head.at !== head.end) throw new MalformedError("a pack's head is longer than it need be");
  return { id, created, first, last, tape, tapeEnd, before, commits, redacted, frames, pieces };
}

/** Returns the length of a pack's head with what stands before it, from its first 12 bytes. Throws MalformedError. */
export function headLengthOf(bytes: Buffer): number {
  const all = new ByteReader(bytes);
  if (!all.bytes(magic.length).equals(magic)) throw new MalformedError("it is no pack");
  return all.bytes(4).readUInt32LE() + all.at;
}

/** Returns the events of a frame, of which these are the bytes. Throws MalformedError. */
export function unpackFrame(
  packed: Buffer,
  { unpacked: length }: Pick<PackFrame, "unpacked">,
): Buffer {
  if (length > mostEventBytes) throw new MalformedError("a frame of too many events");
  let bytes: Buffer;
  try {
    bytes = zstdDecompressSync(packed, { maxOutputLength: Math.max(1, length) });
  } catch (error) {
    throw new MalformedError("the events of a pack do not decompress", { cause: error });
  }
  if (bytes.length !== length) throw new MalformedError("the events of a pack have another length");
  return bytes;
}

function endOf(frames: readonly PackFrame[]): number {
  const last = frames.at(-1);
  return last === undefined ? 0 : last.start + last.length;
}

/** Counts events behind their lengths. */
function countIn(events: Buffer): number {
  const from = new ByteReader(events);
  let count = 0;
  for (; from.at < from.end; count += 1) from.take(from.varint());
  return count;
}

/** Cuts the events of a pack after commits. */
function cut({ first, commits, events }: Pack): { last: Seq; start: number; stop: number }[] {
  const from = new ByteReader(events);
  const frames: { last: Seq; start: number; stop: number }[] = [];
  let [seq, start, begun] = [first - 1, 0, first - 1];
  for (const [index, commit] of commits.entries()) {
    for (; seq < commit.seq; seq += 1) from.take(from.varint());
    if (seq - begun < frameEvents && index < commits.length - 1) continue;
    frames.push({ last: commit.seq, start, stop: from.at });
    [start, begun] = [from.at, seq];
  }
  return frames;
}

/** Yields the events of a pack. Throws MalformedError at the first that is none. */
export function* eventsOf({ events }: Pick<Pack, "events">): IterableIterator<PackedEvent> {
  const from = new ByteReader(events);
  while (from.at < from.end) {
    const length = from.varint();
    const start = from.take(length);
    const stop = start + length;
    const kind = kindOfCode(events[start + 1] ?? 0);
    if (length < 2 || kind === undefined) throw new MalformedError("an event of no known kind");
    const bare = hasBytes({ kind }) ? stop - digestBytes : stop;
    if (bare < start) throw new MalformedError("an event ends too early");
    const { event, tapeAfter } = decodeEvent(events, start, bare);
    const payload = bare < stop ? events.subarray(bare, stop) : undefined;
    yield { event, tapeAfter, start, stop, payload };
  }
}

/**
 * Returns a function that gives bytes start..end of a pack's tape, which it must have. It holds one piece unpacked, so
 * that reading one span after the other unpacks each piece once. Throws MalformedError for a piece that is damaged.
 */
export function openPackTape({ pieces, tape }: Pack): (start: number, end: number) => Buffer {
  let held: { readonly piece: SegmentRow; readonly bytes: Buffer } | undefined;
  const first = Math.floor(tape / segmentBytes);

  function pieceAt(position: number): { readonly piece: SegmentRow; readonly bytes: Buffer } {
    const piece = pieces[Math.floor(position / segmentBytes) - first];
    if (piece === undefined) throw new MalformedError(`a pack lacks byte ${position} of the tape`);
    if (held?.piece !== piece) held = { piece, bytes: bytesOf(piece) };
    return held;
  }

  return (start, end) => {
    const parts: Buffer[] = [];
    for (let from = start; from < end;) {
      const { piece, bytes } = pieceAt(from);
      const stop = Math.min(end, piece.start + piece.length);
      if (stop <= from) throw new MalformedError(`a pack lacks byte ${from} of the tape`);
      parts.push(bytes.subarray(from - piece.start, stop - piece.start));
      from = stop;
    }
    const [only] = parts;
    return only !== undefined && parts.length === 1 ? only : Buffer.concat(parts);
  };
}

/** Adds an event to the unpacked events of a pack, by its canonical bytes. */
export function addEvent(to: ByteWriter, canonical: Buffer): void {
  to.varint(canonical.length);
  to.bytes(canonical);
}

/**
 * Reads a list of `most` entries at most, whose entries take `least` bytes each, or more: an entry in memory takes far
 * more than it has bytes.
 */
function listOf<T>(from: ByteReader, least: number, most: number, read: () => T): T[] {
  const count = from.varint();
  if (count > most) throw new MalformedError("a pack has a list of too much");
  if (count * least > from.end - from.at)
    throw new MalformedError("a list is longer than its pack");
  return Array.from({ length: count }, read);
}

const compression = { params: { [constants.ZSTD_c_compressionLevel]: 3 } };
