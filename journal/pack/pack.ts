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

const magic = Buffer.from("rwFSpack");
const version = 1;
const digestBytes = 32;
/** Most events of a pack, most bytes of them once they are unpacked, and most bytes of the tape. */
const mostEvents = 200_000;
const mostEventBytes = 64 * 1024 * 1024;
const mostTapeBytes = 512 * 1024 * 1024;
/** Fewest bytes that an entry of each list takes, to hold its count against the bytes that there are. */
const least = { commit: 1 + digestBytes, piece: 4, redacted: 3 + digestBytes };

/** Returns the bytes of a pack. */
export function encodePack(pack: Pack): Buffer {
  const events = zstdCompressSync(pack.events, compression);
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
  head.varint(pack.events.length);
  head.varint(events.length);
  head.varint(pack.pieces.length);
  for (const { length, coding, crc, bytes } of pack.pieces) {
    head.varint(length);
    head.byte(coding);
    head.varint(crc);
    head.varint(bytes.length);
  }
  const length = Buffer.alloc(4);
  length.writeUInt32LE(head.at);
  const pieces = pack.pieces.map(({ bytes }) => bytes);
  return Buffer.concat([magic, length, head.buffer.subarray(0, head.at), events, ...pieces]);
}

/**
 * Reads a pack, whose bytes are taken for hostile. Unpacks its events, and of the tape nothing. That it is well formed
 * says nothing of what is in it: see `checkPack`. Throws MalformedError.
 */
export function decodePack(bytes: Buffer): Pack {
  const all = new ByteReader(bytes);
  if (!all.bytes(magic.length).equals(magic)) throw new MalformedError("it is no pack");
  const headLength = all.bytes(4).readUInt32LE();
  const headStart = all.take(headLength);
  const head = new ByteReader(bytes, headStart, headStart + headLength);
  if (head.byte() !== version) throw new MalformedError("a pack of a version that is not known");
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
  let seq = first - 1;
  const commits = listOf(head, least.commit, () => {
    seq += head.varint();
    return { seq: seq as Seq, digest: head.bytes(digestBytes) };
  });
  const redacted = listOf(head, least.redacted, () => ({
    start: head.varint() as TapePosition,
    length: head.varint(),
    run: head.varint() as RunNumber,
    digest: head.bytes(digestBytes),
  }));
  const unpackedLength = head.varint();
  const packedLength = head.varint();
  if (unpackedLength > mostEventBytes) throw new MalformedError("a pack of too many events");
  const sizes = listOf(head, least.piece, () => ({
    length: head.varint(),
    coding: head.byte(),
    crc: head.varint(),
    stored: head.varint(),
  }));
  if (head.at !== head.end) throw new MalformedError("a pack's head is longer than it need be");
  const events = unpack(all.bytes(packedLength), unpackedLength);
  let start = tape;
  const pieces = sizes.map(({ length, coding, crc, stored }) => {
    const piece = { start, length, coding, crc, bytes: all.bytes(stored) };
    if (length !== Math.min(tapeEnd - start, segmentBytes - (start % segmentBytes)) || length === 0)
      throw new MalformedError("a pack's tape is not cut where segments are");
    start += length;
    return piece;
  });
  if (start !== tapeEnd || all.at !== all.end)
    throw new MalformedError("a pack has more or less of the tape than it says");
  return { id, created, first, last, tape, tapeEnd, before, commits, redacted, events, pieces };
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

/** Reads a list whose entries take `least` bytes each, or more. */
function listOf<T>(from: ByteReader, least: number, read: () => T): T[] {
  const count = from.varint();
  if (count * least > from.end - from.at)
    throw new MalformedError("a list is longer than its pack");
  return Array.from({ length: count }, read);
}

function unpack(packed: Buffer, length: number): Buffer {
  let bytes: Buffer;
  try {
    bytes = zstdDecompressSync(packed, { maxOutputLength: Math.max(1, length) });
  } catch (error) {
    throw new MalformedError("the events of a pack do not decompress", { cause: error });
  }
  if (bytes.length !== length) throw new MalformedError("the events of a pack have another length");
  return bytes;
}

const compression = { params: { [constants.ZSTD_c_compressionLevel]: 3 } };
