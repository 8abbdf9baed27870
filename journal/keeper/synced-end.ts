import { fdatasyncSync, writeSync } from "node:fs";
import { readFully } from "../tape/spool-file.ts";
import { continueHeader, logHeaderBytes } from "../writer/redo-log.ts";

/** Room for the copies: bytes up to here are on disk before the first of them is written. */
const roomBytes = 1024 * 1024;
/** Making that room takes as long as some tens of syncs save: so it is for a guest that syncs often. */
const syncsBefore = 12;

/** Descriptors of a guest's process: one that reads its log, one that writes anywhere in the file beside it. */
export interface Copies {
  readonly reader: number;
  readonly writer: number;
}

/**
 * Brings a guest's log to the disk. A sync of a file that grows costs two writes of the disk, one after the other: the
 * bytes, and the length. So a guest that syncs often copies the end of its log to a file beside it, `F-tail-sync`, whose
 * length stays, and syncs that file; the log itself it syncs when the room there is used up. The copy counts after a
 * loss of power only, for records that the log has lost.
 */
export class SyncedEnd {
  /** A descriptor of the log that appends. */
  readonly #log: number;
  #copies: Copies | undefined;
  #room: Buffer | undefined;
  /** The bytes from the log's beginning that are on disk, in one of the files; 0 while its header is not. */
  #onDisk = 0;
  /** The length of the copy, with its header; 0 while there is none that goes on from the log. */
  #copied = 0;
  /** The seq of the first record beyond those that the log itself has on disk. */
  #next = 0;
  #syncs = 0;

  /** Without `copies`, all goes through the log itself. */
  constructor(log: number, copies: Copies | undefined) {
    this.#log = log;
    this.#copies = copies;
  }

  /** Must be called when the log was begun again. */
  clear(): void {
    this.#onDisk = 0;
    this.#copied = 0;
  }

  /**
   * Returns when all of the log is on disk: its length, and the seq of the record that will stand there. Throws an error
   * of node:fs.
   */
  sync(length: number, next: number): void {
    if (length === this.#onDisk) return;
    this.#syncs += 1;
    if (!this.#copy(length)) {
      // Should it fail, nothing is known of what the disk has.
      this.#onDisk = 0;
      fdatasyncSync(this.#log);
      this.#copied = 0;
      this.#next = next;
    }
    this.#onDisk = length;
  }

  /** Returns false where the log itself must be synced. */
  #copy(length: number): boolean {
    const copies = this.#copies;
    if (copies === undefined || this.#onDisk === 0 || this.#syncs <= syncsBefore) return false;
    const head = this.#copied === 0 ? logHeaderBytes : 0;
    const bytes = head + length - this.#onDisk;
    if (this.#copied + bytes > roomBytes) return false;
    try {
      const room = (this.#room ??= roomIn(copies.writer));
      if (head > 0) {
        readFully(copies.reader, room, 0, head, 0);
        continueHeader(room, this.#next);
      }
      readFully(copies.reader, room, head, bytes - head, this.#onDisk);
      writeFully(copies.writer, room, bytes, this.#copied);
      fdatasyncSync(copies.writer);
    } catch {
      // A full or broken disk: the log has all of it, and its own sync tells of what is wrong.
      this.#copies = undefined;
      return false;
    }
    this.#copied += bytes;
    return true;
  }
}

/** Gives the file its length, on disk, and returns memory for as much. */
function roomIn(writer: number): Buffer {
  const zeros = Buffer.alloc(roomBytes);
  writeFully(writer, zeros, roomBytes, 0);
  fdatasyncSync(writer);
  return zeros;
}

function writeFully(writer: number, bytes: Buffer, length: number, at: number): void {
  for (let done = 0; done < length;)
    done += writeSync(writer, bytes, done, length - done, at + done);
}
