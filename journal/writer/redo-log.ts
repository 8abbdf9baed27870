import {
  closeSync,
  fdatasyncSync,
  fstatSync,
  ftruncateSync,
  readSync,
  writeSync,
  writevSync,
} from "node:fs";
import { randomBytes } from "node:crypto";
import { crcOf } from "../format/crc.ts";
import { crc32 } from "../format/zlib.ts";
import { openRedoLogFile } from "../beside/beside.ts";
import { MalformedError } from "../format/bytes.ts";
import { decodeEvent, type Decoded } from "../format/codec.ts";
import { failure } from "../interface/storage-error.ts";

/*
 * The redo log holds the events that SQLite has not committed. It has two areas, which take turns. An area is a header
 * and then one record per event; it is overwritten from its start once all its events are committed. Records carry a
 * random tag from their area's header. A guest cannot know the tag, so its bytes in the remains of an old record never
 * pass for a record.
 */

const magic = Buffer.from("rwFStail", "latin1");
/**
 * A log of a writer has two areas that take turns. A log that a guest's process writes has one, which only grows: see
 * guest-log.ts.
 */
const twoAreasVersion = 1;
const growingVersion = 2;
const tagBytes = 8;
/** Position of the first record's seq in a header. */
const firstAt = 68;
/**
 * magic 8, version u32, commit's seq u64, journal id 16, commit's digest 32, first seq u64, tag 8, CRC-32 of all that
 * 4.
 */
export const logHeaderBytes = 8 + 4 + 8 + 16 + 32 + 8 + tagBytes + 4;
/** CRC-32 of the rest of the record u32, length of the event's bytes u32, of the payload u32, tag 8. */
export const recordHeaderBytes = 4 + 4 + 4 + tagBytes;
/** The second area begins here and has no end; the first area ends here. */
export const secondAreaAt = 4 * 1024 * 1024;
/** The writer leaves an area with more bytes than this as soon as the other is free. */
export const wornBytes = 512 * 1024;
/** The file is truncated when its second area begins again and it is larger than this. */
const roomyBytes = 2 * secondAreaAt;

/** The commit that the first record of a redo log follows. */
export interface Commit {
  readonly seq: number;
  readonly digest: Uint8Array;
}

/** Tells the redo log what is committed, so that it can overwrite it. */
export interface Commits {
  /** Returns the seq of the last committed event. */
  seq(): number;
  /** The last commit. */
  last(): Commit;
}

/**
 * One event to append: `buffer` has room for the record's header at `start`, then the event's bytes up to `payloadAt`,
 * then the payload up to `end`; `rest` is the payload's remainder if it is in another buffer.
 */
export interface OutgoingRecord {
  readonly seq: number;
  readonly buffer: Buffer;
  readonly start: number;
  readonly payloadAt: number;
  readonly end: number;
  readonly rest: Uint8Array | undefined;
}

/** The redo log, for its one writer. */
export interface RedoLog {
  /** Tells whether a record of so many bytes can be appended now; if not, it can once everything is committed. */
  hasRoom(bytes: number): boolean;
  /** Hands one record to the operating system in one write. If that fails, it throws and leaves no valid record. */
  append(record: OutgoingRecord): void;
  /** Closes the file and leaves it in place. */
  close(): void;
}

/** Begins an empty redo log of the journal `id`, and discards the file's earlier content. */
export function openRedoLog(
  path: string,
  file: string,
  id: string,
  commits: Commits,
  options: { readonly everyRecord: "written" | "on disk" },
): RedoLog {
  const fd = openRedoLogFile(path, "write");
  ftruncateSync(fd);
  const header = Buffer.alloc(logHeaderBytes);
  const areas = [
    { start: 0, limit: secondAreaAt, last: 0 },
    { start: secondAreaAt, limit: Number.POSITIVE_INFINITY, last: 0 },
  ] as const;
  let [area, other]: readonly [Area, Area] = areas;
  let at = 0;
  let reached = 0;

  /** Decides where a record of so many bytes goes: into this area, to the beginning of the other, or nowhere. */
  function placeFor(bytes: number): "here" | "there" | "nowhere" {
    const isBegun = at > area.start;
    const fits = (isBegun ? at : area.start + logHeaderBytes) + bytes <= area.limit;
    if (fits && at - area.start <= wornBytes) return "here";
    if (other.start + logHeaderBytes + bytes <= other.limit && other.last <= commits.seq())
      return "there";
    return fits ? "here" : "nowhere";
  }

  function begin(seq: number, length: number): Buffer {
    writeHeader(header, twoAreasVersion, id, commits.last(), seq);
    if (area.start > 0 && reached > roomyBytes && length < roomyBytes) {
      ftruncateSync(fd, secondAreaAt);
      reached = 0;
    }
    return header;
  }

  return {
    hasRoom: (bytes) => placeFor(bytes) !== "nowhere",
    append(record) {
      const { seq, buffer, start, end, rest } = record;
      const length = end - start + (rest?.length ?? 0);
      const place = placeFor(length);
      if (place === "nowhere") throw new TypeError("a record that the redo log has no room for");
      if (place === "there") {
        [area, other] = [other, area];
        at = area.start;
      }
      const isFirst = at === area.start;
      const begun = isFirst ? begin(seq, length) : undefined;
      sealRecord(record, tagOf(header));
      try {
        // Writing two buffers costs three times as much as one.
        if (begun === undefined && rest === undefined) {
          whole(writeSync(fd, buffer, start, length, at), length);
        } else {
          const parts = [buffer.subarray(start, end), ...(rest === undefined ? [] : [rest])];
          const all = begun === undefined ? parts : [begun, ...parts];
          const bytes = length + (begun?.length ?? 0);
          whole(writevSync(fd, all, at), bytes);
        }
        if (options.everyRecord === "on disk") fdatasyncSync(fd);
      } catch (error) {
        erase(fd, at);
        throw error;
      }
      at += length + (begun?.length ?? 0);
      reached = Math.max(reached, at);
      area.last = seq;
    },
    close() {
      closeSync(fd);
    },
  };

  function whole(written: number, wanted: number): void {
    if (written < wanted)
      throw failure("full", "write", file, "the disk is full, or a quota is used up");
  }
}

/** Fills in a record's header. */
export function sealRecord(record: OutgoingRecord, tag: Uint8Array): void {
  const { buffer, start, payloadAt, end, rest } = record;
  buffer.writeUInt32LE(payloadAt - start - recordHeaderBytes, start + 4);
  buffer.writeUInt32LE(end - payloadAt + (rest?.length ?? 0), start + 8);
  buffer.set(tag, start + 12);
  const crc = crcOf(buffer, start + 4, end);
  buffer.writeUInt32LE(rest === undefined ? crc : crc32(rest, crc), start);
}

/** Returns the length of the record at this place, with its header. */
export function recordLength(buffer: Buffer, start: number): number {
  return recordHeaderBytes + buffer.readUInt32LE(start + 4) + buffer.readUInt32LE(start + 8);
}

/** Gives a sealed record another tag. */
export function resealRecord(buffer: Buffer, start: number, tag: Uint8Array): void {
  buffer.set(tag, start + 12);
  const record = Buffer.from(buffer.subarray(start + 4, start + recordLength(buffer, start)));
  buffer.writeUInt32LE(crc32(record), start);
}

/** Returns the tag that the records of a log with this header carry. */
export function tagOf(header: Buffer): Buffer {
  return header.subarray(logHeaderBytes - 4 - tagBytes, logHeaderBytes - 4);
}

/** Makes the header of a redo log that only grows, whose first record follows the commit. */
export function growingLogHeader(id: string, commit: Commit): Buffer {
  const header = Buffer.alloc(logHeaderBytes);
  writeHeader(header, growingVersion, id, commit, commit.seq + 1);
  return header;
}

/** Makes the header of a log that grows that of a copy of its end, whose first record has the seq `first`. */
export function continueHeader(header: Buffer, first: number): void {
  header.writeBigUInt64LE(BigInt(first), firstAt);
  header.writeUInt32LE(crc32(header.subarray(0, logHeaderBytes - 4)), logHeaderBytes - 4);
}

interface Area {
  readonly start: number;
  readonly limit: number;
  /** The seq of the last event in it. */
  last: number;
}

/** One event in a redo log. */
export interface RedoLogRecord extends Decoded {
  /** The event's bytes, without the digest of its payload. */
  readonly bytes: Buffer;
  /** Empty unless the event is a write. */
  readonly payload: Buffer;
}

/** The valid records of one area, oldest first, up to the first that is not whole. */
export interface RedoLogArea {
  readonly commit: Commit;
  /** The seq of its first record. */
  readonly first: number;
  readonly end: "fixed" | "grows";
  /** Of its records. */
  readonly tag: Buffer;
  readonly records: IterableIterator<RedoLogRecord>;
}

/**
 * Reads the redo log of the journal `id`: its areas, the older first; "foreign" if one belongs to another journal. Beside a
 * log that grows there is another file, for a copy of its end: `copy` opens that.
 */
export function readRedoLog(
  fd: number,
  id: string,
  copy: () => number | undefined = () => undefined,
): readonly RedoLogArea[] | "foreign" {
  const first = readArea(fd, id, 0);
  const other = copy();
  // A guest's process chose what stands where a second area would be, and all of a log that has lost its beginning.
  if (isGrowing(first) || other !== undefined) {
    if (first === "foreign") return first;
    if (!isGrowing(first)) return [];
    const end = other === undefined ? "none" : readArea(other, id, 0);
    return typeof end !== "string" && isEndOf(first, end) ? [first, end] : [first];
  }
  const areas = [first, readArea(fd, id, secondAreaAt)];
  if (areas.includes("foreign")) return "foreign";
  return areas
    .filter((area) => typeof area !== "string")
    .toSorted((one, another) => one.first - another.first);
}

function isGrowing(area: RedoLogArea | "none" | "foreign"): area is RedoLogArea {
  return typeof area !== "string" && area.end === "grows";
}

/**
 * One of another tag is of an earlier log, which is committed. All else differs where a guest's process wrote it that was
 * taken over: it can write anything there.
 */
function isEndOf(log: RedoLogArea, copy: RedoLogArea): boolean {
  const { commit } = log;
  return (
    copy.end === "grows" &&
    copy.tag.equals(log.tag) &&
    copy.commit.seq === commit.seq &&
    Buffer.compare(commit.digest, copy.commit.digest) === 0
  );
}

function readArea(fd: number, id: string, start: number): RedoLogArea | "none" | "foreign" {
  const size = fstatSync(fd).size;
  const header = Buffer.alloc(logHeaderBytes);
  if (
    !readWhole(fd, header, start) ||
    crc32(header.subarray(0, -4)) !== header.readUInt32LE(logHeaderBytes - 4)
  )
    return "none";
  const version = header.readUInt32LE(8);
  const isGrowing = version === growingVersion && start === 0;
  if (!header.subarray(0, 8).equals(magic) || (version !== twoAreasVersion && !isGrowing))
    return "none";
  if (header.toString("hex", 20, 36) !== id) return "foreign";
  const commit = { seq: Number(header.readBigUInt64LE(12)), digest: header.subarray(36, 68) };
  const first = Number(header.readBigUInt64LE(firstAt));
  const stop = start === 0 && !isGrowing ? Math.min(size, secondAreaAt) : size;
  const tag = tagOf(header);
  const range = { at: start + logHeaderBytes, end: stop, first, tag };
  return { commit, first, end: isGrowing ? "grows" : "fixed", tag, records: records(fd, range) };
}

function* records(
  fd: number,
  { at, end, first, tag }: { at: number; end: number; first: number; tag: Buffer },
): IterableIterator<RedoLogRecord> {
  const head = Buffer.alloc(recordHeaderBytes);
  for (let seq = first, from = at; ; seq++) {
    if (!readWhole(fd, head, from)) return;
    const [eventBytes, payloadBytes] = [head.readUInt32LE(4), head.readUInt32LE(8)];
    const length = recordHeaderBytes + eventBytes + payloadBytes;
    // A length is bounded by the file's size before memory is taken for it.
    if (from + length > end || length > mostRecordBytes) return;
    if (!head.subarray(12).equals(tag)) return;
    const record = Buffer.allocUnsafe(length);
    if (!readWhole(fd, record, from) || crc32(record.subarray(4)) !== record.readUInt32LE(0))
      return;
    const bytes = record.subarray(recordHeaderBytes, recordHeaderBytes + eventBytes);
    const decoded = decodedEvent(bytes);
    if (decoded?.event.seq !== seq) return;
    yield { ...decoded, bytes, payload: record.subarray(recordHeaderBytes + eventBytes) };
    from += length;
  }
}

/** Far more than any call writes: a sparse file can claim more than fits in memory. */
const mostRecordBytes = 1024 * 1024 * 1024;

/** Ends the log at a record that holds no event: it must not keep the journal from being opened. */
function decodedEvent(bytes: Buffer): Decoded | undefined {
  try {
    return decodeEvent(bytes);
  } catch (error) {
    if (error instanceof MalformedError) return undefined;
    throw error;
  }
}

function writeHeader(
  header: Buffer,
  version: number,
  id: string,
  commit: Commit,
  first: number,
): void {
  magic.copy(header, 0);
  header.writeUInt32LE(version, 8);
  header.writeBigUInt64LE(BigInt(commit.seq), 12);
  header.write(id, 20, 16, "hex");
  header.set(commit.digest, 36);
  header.writeBigUInt64LE(BigInt(first), firstAt);
  randomBytes(tagBytes).copy(header, 76);
  header.writeUInt32LE(crc32(header.subarray(0, -4)), logHeaderBytes - 4);
}

// A refused event must not come back if the process dies now. If even this write fails, the record was not whole
// either, or the next successful one overwrites it.
function erase(fd: number, at: number): void {
  try {
    writeSync(fd, Buffer.alloc(recordHeaderBytes), 0, recordHeaderBytes, at);
  } catch {
    return;
  }
}

function readWhole(fd: number, target: Buffer, at: number): boolean {
  let done = 0;
  while (done < target.length) {
    const count = readSync(fd, target, done, target.length - done, at + done);
    if (count === 0) return false;
    done += count;
  }
  return true;
}
