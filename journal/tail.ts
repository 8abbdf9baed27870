import {
  closeSync,
  existsSync,
  fdatasyncSync,
  fstatSync,
  ftruncateSync,
  openSync,
  readSync,
  writeSync,
  writevSync,
} from "node:fs";
import { hash } from "node:crypto";
import { crc32 } from "node:zlib";
import type { ByteWriter } from "./bytes.ts";
import { decodeEvent, type Decoded } from "./codec.ts";
import { failure } from "./storage-error.ts";

/*
 * The tail is a redo log of what SQLite has not committed: a header, then one record per event. After each commit it
 * starts again at its beginning, over the bytes of before. Records carry the first eight bytes of the digest of the
 * commit they build on. A guest cannot know it (it depends on the journal's random id), so bytes that a guest had
 * written, and that an old record left behind, can never pass for a record.
 */

const magic = Buffer.from("rwFStail", "latin1");
const tailVersion = 1;
/** magic 8, version u32, base seq u64, journal id 16, base digest 32, CRC-32 of all that 4. */
export const tailHeaderBytes = 8 + 4 + 8 + 16 + 32 + 4;
/** CRC-32 of what follows without the payload u32, length of the canonical bytes u32, of the payload u32, tag 8. */
export const recordHeaderBytes = 4 + 4 + 4 + 8;
/** Above this size the file is cut when it starts again. */
const roomyBytes = 8 * 1024 * 1024;
/** Up to this length a record is copied together before it is written. */
const copiedBytes = 64 * 1024;

/** The commit that a tail builds on. */
export interface Base {
  readonly seq: number;
  readonly digest: Uint8Array;
}

/** The sidecar file as its writer sees it. */
export interface Tail {
  /** Makes records from now on build on this commit; what the tail held before is of no use any more. */
  restart(base: Base): void;
  /**
   * Hands one record to the operating system, in one write. `record.buffer` holds recordHeaderBytes of room, then the
   * canonical bytes. Throws, and leaves no valid record behind, when it cannot.
   */
  append(record: ByteWriter, payload: Uint8Array | undefined): void;
  /** Closes the file and leaves it where it is. */
  close(): void;
}

export function openTail(
  path: string,
  file: string,
  id: string,
  options: { readonly everyRecord: "written" | "on disk" },
): Tail {
  const fd = openSync(path, existsSync(path) ? "r+" : "w+");
  const header = Buffer.alloc(tailHeaderBytes);
  let at = 0;
  let fresh = true;

  return {
    restart(base) {
      const end = at;
      writeHeader(header, id, base);
      at = tailHeaderBytes;
      fresh = true;
      if (end > roomyBytes) ftruncateSync(fd, 0);
    },
    append(record, payload) {
      const length = record.at + (payload?.length ?? 0);
      // Gathering two buffers costs the system call three times as much as copying a small one does.
      if (length <= copiedBytes) record.reserve(length - record.at);
      const buffer = record.buffer;
      buffer.writeUInt32LE(record.at - recordHeaderBytes, 4);
      buffer.writeUInt32LE(payload?.length ?? 0, 8);
      header.copy(buffer, 12, tailHeaderBytes - 36, tailHeaderBytes - 28);
      buffer.writeUInt32LE(recordCrc(buffer, record.at), 0);
      try {
        if (fresh || length > copiedBytes) {
          const parts = [buffer.subarray(0, record.at), payload ?? new Uint8Array()];
          const start = fresh ? 0 : at;
          whole(writevSync(fd, fresh ? [header, ...parts] : parts, start), at + length - start);
        } else {
          if (payload !== undefined) buffer.set(payload, record.at);
          whole(writeSync(fd, buffer, 0, length, at), length);
        }
        if (options.everyRecord === "on disk") fdatasyncSync(fd);
      } catch (error) {
        erase(fd, at);
        throw error;
      }
      fresh = false;
      at += length;
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

/** One event as a tail keeps it. */
export interface TailRecord extends Decoded {
  readonly canonical: Buffer;
  /** Empty for what is no write. */
  readonly payload: Buffer;
}

/** The records of a tail that continue its base, oldest first, up to the first that is not whole. */
export interface TailContent {
  readonly base: Base;
  readonly records: IterableIterator<TailRecord>;
}

/** Reads a tail of the journal `id`: "none" where there is nothing in it, "foreign" where it belongs to another. */
export function readTail(fd: number, id: string): TailContent | "none" | "foreign" {
  const size = fstatSync(fd).size;
  const header = Buffer.alloc(tailHeaderBytes);
  if (
    !readWhole(fd, header, 0) ||
    crc32(header.subarray(0, -4)) !== header.readUInt32LE(tailHeaderBytes - 4)
  )
    return "none";
  if (!header.subarray(0, 8).equals(magic) || header.readUInt32LE(8) !== tailVersion) return "none";
  if (header.toString("hex", 20, 36) !== id) return "foreign";
  const base = { seq: Number(header.readBigUInt64LE(12)), digest: header.subarray(36, 68) };
  return { base, records: records(fd, size, base) };
}

function* records(fd: number, size: number, base: Base): IterableIterator<TailRecord> {
  const head = Buffer.alloc(recordHeaderBytes);
  let at = tailHeaderBytes;
  for (let seq = base.seq + 1; ; seq++) {
    if (!readWhole(fd, head, at)) return;
    const lengths = [head.readUInt32LE(4), head.readUInt32LE(8)] as const;
    // Lengths are believed only as far as the file reaches, before anything is allocated for them.
    if (at + recordHeaderBytes + lengths[0] + lengths[1] > size) return;
    if (!head.subarray(12, 20).equals(base.digest.subarray(0, 8))) return;
    const record = Buffer.allocUnsafe(recordHeaderBytes + lengths[0]);
    if (!readWhole(fd, record, at) || recordCrc(record, record.length) !== head.readUInt32LE(0))
      return;
    const payload = Buffer.allocUnsafe(lengths[1]);
    if (!readWhole(fd, payload, at + record.length)) return;
    const canonical = record.subarray(recordHeaderBytes);
    const decoded = decodeEvent(canonical);
    if (decoded.event.seq !== seq) return;
    if (
      decoded.payloadDigest !== undefined &&
      !hash("sha256", payload, "buffer").equals(decoded.payloadDigest)
    )
      return;
    yield { ...decoded, payload, canonical };
    at += record.length + payload.length;
  }
}

function writeHeader(header: Buffer, id: string, base: Base): void {
  magic.copy(header, 0);
  header.writeUInt32LE(tailVersion, 8);
  header.writeBigUInt64LE(BigInt(base.seq), 12);
  header.write(id, 20, 16, "hex");
  header.set(base.digest, 36);
  header.writeUInt32LE(crc32(header.subarray(0, -4)), tailHeaderBytes - 4);
}

/** CRC-32 of a record without its payload (whose SHA-256 is among the canonical bytes) and without the CRC itself. */
function recordCrc(record: Buffer, end: number): number {
  return crc32(record.subarray(4, end));
}

// What was refused must not come back when the process dies now. Where even this cannot be written, the record cannot
// have been whole either, or the next one that succeeds covers it.
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
