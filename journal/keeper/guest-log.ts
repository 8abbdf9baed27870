import { closeSync, ftruncateSync, readSync, writeSync, writevSync } from "node:fs";
import { crcOf } from "../format/crc.ts";
import { openRedoLogFile } from "../beside/beside.ts";
import { MalformedError } from "../format/bytes.ts";
import { failure } from "../interface/storage-error.ts";
import {
  type Commit,
  growingLogHeader,
  type OutgoingRecord,
  recordHeaderBytes,
  sealRecord,
  tagOf,
  logHeaderBytes,
} from "../writer/redo-log.ts";
import type { HeldRecords } from "./held-records.ts";
import { type Copies, SyncedEnd } from "./synced-end.ts";

/*
 * The redo log of a guest in an untrusted process of its own. It is `F-tail` in a form that only grows: the guest's
 * process has a descriptor that can only append, and writes one record per event; the journal's keeper reads the
 * records, and alone can begin the file again.
 */

/** Appends records to the log, in the guest's process. */
export class LogWriter {
  readonly #descriptor: number;
  readonly #file: string;
  readonly #everyRecord: "written" | "on disk";
  readonly #most: LogBounds;
  #tag: Uint8Array;
  /** Bytes and records that were appended since the log was last begun. */
  #bytes = 0;
  #records = 0;
  /** The seq of the record that comes next; not known before the first one. */
  #next = 0;
  readonly #end: SyncedEnd;
  readonly #held: HeldRecords | undefined;
  #isOnFirmGround = false;
  /** A sync failed: what the disk has of this log cannot be told. */
  #isDoubtful = false;
  #isReliedOn = false;
  /** Why a record is in the log that was to be on disk, and may not be: its event was refused, so no other may follow. */
  #refusedFor: unknown;

  /** `file` is the journal's name, for messages. */
  constructor(
    descriptor: number,
    file: string,
    tag: Uint8Array,
    options: {
      readonly everyRecord: "written" | "on disk";
      readonly most?: LogBounds | undefined;
      readonly copies?: Copies | undefined;
      readonly held?: HeldRecords | undefined;
    },
  ) {
    this.#most = options.most ?? usualBounds;
    this.#descriptor = descriptor;
    this.#file = file;
    this.#tag = tag;
    this.#everyRecord = options.everyRecord;
    this.#end = new SyncedEnd(descriptor, options.copies);
    this.#held = options.held;
  }

  /** Tells whether the keeper should commit all that is in the log, and begin it again. */
  get isLong(): boolean {
    return this.#bytes > this.#most.bytes || this.#records >= this.#most.records;
  }

  /** Tells whether to begin the log again when that costs no waiting: then it takes a whole burst. */
  get isWorn(): boolean {
    return this.#bytes > this.#most.bytes * wornPart && !this.#isReliedOn;
  }

  /** Bytes of the whole log. */
  get length(): number {
    return logHeaderBytes + this.#bytes;
  }

  /** Tells whether the log alone has on disk what a sync of it promised. */
  get isReliedOn(): boolean {
    return this.#isReliedOn;
  }

  /** Tells whether records are held that the log does not have yet. */
  get isHolding(): boolean {
    return this.#held?.isHolding === true;
  }

  /** Brings to the log what is held. Throws as `append` does. */
  flush(): void {
    this.#held?.flush();
  }

  /** Continues with the tag of a log that the keeper began again. Throws as `append` does. */
  renew(tag: Uint8Array): void {
    this.#tag = tag;
    this.#bytes = 0;
    this.#records = 0;
    this.#end.clear();
    this.#isDoubtful = false;
    this.#isOnFirmGround = false;
    this.#isReliedOn = false;
    const { bytes = 0, records = 0 } = this.isHolding ? (this.#held?.renew(tag) ?? {}) : {};
    this.#bytes = bytes;
    this.#records = records;
  }

  /** Must be called when the keeper has everything on disk: the commit that this log goes on from, too. */
  stand(): void {
    this.#isOnFirmGround = !this.#isDoubtful;
    this.#isReliedOn = false;
  }

  /**
   * Returns true once all records are on disk. Returns false if that would not be enough: after a loss of power a log is
   * taken over only by a journal that has the commit which it goes on from. Throws an error of node:fs.
   */
  sync(): boolean {
    if (!this.#isOnFirmGround) return false;
    if (this.#records === 0) return true;
    // A sync that failed may succeed the next time without having written anything: the keeper then does it.
    this.#isOnFirmGround = false;
    this.#isDoubtful = true;
    if (this.#everyRecord === "written") this.#end.sync(this.length, this.#next);
    this.#isDoubtful = false;
    this.#isOnFirmGround = true;
    this.#isReliedOn = true;
    return true;
  }

  /**
   * Hands one record to the operating system in one write, or holds it. Throws JournalError or an error of node:fs; after
   * that, nothing may be appended before the keeper has begun the log again. Where a record was written, and could not be
   * brought to the disk, nothing is appended any more: the keeper takes that one, and has it in the place of the next.
   */
  append(record: OutgoingRecord): void {
    if (this.#refusedFor !== undefined) throw this.#refusedFor;
    sealRecord(record, this.#tag);
    const { buffer, start, end, rest } = record;
    const length = end - start + (rest?.length ?? 0);
    const written = this.#hand(buffer, start, end, rest);
    if (written < length)
      throw failure("full", "write", this.#file, "the disk is full, or a quota is used up");
    if (this.#everyRecord === "on disk") this.#syncRecord(this.length + length, record.seq + 1);
    this.#bytes += length;
    this.#records += 1;
    this.#next = record.seq + 1;
  }

  #syncRecord(length: number, next: number): void {
    try {
      this.#end.sync(length, next);
    } catch (error) {
      this.#refusedFor = error;
      throw error;
    }
  }

  #hand(buffer: Buffer, start: number, end: number, rest: Uint8Array | undefined): number {
    // Writing two buffers costs three times as much as one.
    if (rest === undefined)
      return this.#held?.take(buffer, start, end) === true
        ? end - start
        : writeSync(this.#descriptor, buffer, start, end - start);
    this.flush();
    return writevSync(this.#descriptor, [buffer.subarray(start, end), rest]);
  }
}

/** Returns the longest log that an honest guest makes whose records are no longer than that. */
export function longestLog(mostRecordBytes: number): number {
  return logHeaderBytes + usualBounds.bytes + mostRecordBytes;
}

/** Bounds what is on its way from the guest to the journal. */
export interface LogBounds {
  readonly bytes: number;
  readonly records: number;
}

// The guest waits for what is left of them when the log is begun again: the keeper takes so many bytes in about a second,
// and so many small records within some tenths of one.
const usualBounds: LogBounds = { bytes: 256 * 1024 * 1024, records: 64 * 1024 };
/** Beginning the log again costs nothing where the guest waits anyway, and leaves room for the next burst. */
const wornPart = 1 / 32;

/** A record in the reader's memory, valid until the next one is read. */
export interface LogRecord {
  readonly buffer: Buffer;
  readonly start: number;
  readonly stop: number;
  readonly payload: Buffer;
}

/** Room beside a payload, for a record of a MiB and the header of the next one. */
const roomyBytes = 64 * 1024;
/** Bytes to read at once; a larger record gets a larger buffer, which stays until the log is begun again. */
const usualBytes = 1024 * 1024 + roomyBytes;

/** Reads the log for the keeper, and trusts none of its content. */
export class LogReader {
  readonly #descriptor: number;
  readonly #id: string;
  readonly #mostRecordBytes: number;
  #tag: Buffer = Buffer.alloc(0);
  /** The position of the next record in the file. */
  #at = logHeaderBytes;
  /** Holds bytes of the file from `#bufferAt` on; those from `#used` to `#filled` are not parsed yet. */
  #buffer = Buffer.allocUnsafeSlow(usualBytes);
  #used = 0;
  #filled = 0;

  /** Refuses a record of more than `mostRecordBytes` before taking memory for it. */
  constructor(path: string, id: string, mostRecordBytes: number) {
    this.#descriptor = openRedoLogFile(path, "write");
    this.#id = id;
    this.#mostRecordBytes = mostRecordBytes;
  }

  /** Begins the log again once all its events are committed. Returns the tag of the next records. */
  begin(commit: Commit): Uint8Array {
    const header = growingLogHeader(this.#id, commit);
    ftruncateSync(this.#descriptor);
    this.#at = logHeaderBytes;
    this.#used = 0;
    this.#filled = 0;
    if (this.#buffer.length > usualBytes) this.#buffer = Buffer.allocUnsafeSlow(usualBytes);
    const written = writeSync(this.#descriptor, header, 0, header.length, 0);
    if (written < header.length) {
      // Without a header, records could not be taken over after a crash: so the log is left empty.
      ftruncateSync(this.#descriptor);
      throw Object.assign(new Error("the disk is full"), { code: "ENOSPC", syscall: "write" });
    }
    this.#tag = Buffer.from(tagOf(header));
    return this.#tag;
  }

  /** Returns the next record if it is complete. Throws MalformedError for bytes that no honest writer leaves. */
  next(): LogRecord | undefined {
    const head = this.#have(recordHeaderBytes);
    if (head === undefined) return undefined;
    const eventBytes = this.#buffer.readUInt32LE(head + 4);
    const payloadBytes = this.#buffer.readUInt32LE(head + 8);
    const length = recordHeaderBytes + eventBytes + payloadBytes;
    if (length > this.#mostRecordBytes) throw new MalformedError(`a record of ${length} bytes`);
    const start = this.#have(length);
    if (start === undefined) return undefined;
    const buffer = this.#buffer;
    if (
      !buffer.subarray(start + 12, start + recordHeaderBytes).equals(this.#tag) ||
      crcOf(buffer, start + 4, start + length) !== buffer.readUInt32LE(start)
    )
      throw new MalformedError("a record that is not whole");
    this.#used += length;
    this.#at += length;
    const bytesAt = start + recordHeaderBytes;
    const payloadAt = bytesAt + eventBytes;
    return {
      buffer,
      start: bytesAt,
      stop: payloadAt,
      payload: buffer.subarray(payloadAt, start + length),
    };
  }

  close(): void {
    closeSync(this.#descriptor);
  }

  /**
   * Loads so many bytes from the next record on into the buffer. Returns their position, or undefined if the file is
   * shorter.
   */
  #have(length: number): number | undefined {
    if (this.#filled - this.#used >= length) return this.#used;
    if (this.#used + length > this.#buffer.length) this.#makeRoom(length);
    while (this.#filled - this.#used < length) {
      const from = this.#at + this.#filled - this.#used;
      const room = this.#buffer.length - this.#filled;
      const count = readSync(this.#descriptor, this.#buffer, this.#filled, room, from);
      if (count === 0) return undefined;
      this.#filled += count;
    }
    return this.#used;
  }

  #makeRoom(length: number): void {
    const larger =
      length > this.#buffer.length ? Buffer.allocUnsafeSlow(length + roomyBytes) : this.#buffer;
    const kept = this.#filled - this.#used;
    this.#buffer.copy(larger, 0, this.#used, this.#used + kept);
    this.#buffer = larger;
    this.#used = 0;
    this.#filled = kept;
  }
}
