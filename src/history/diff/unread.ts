import { JournalError, pieceAt, promisedFrom } from "../../../journal/index.ts";
import { type Content, extentsOf } from "../../fs/index.ts";
import type { ReadTape } from "../snapshots/read-tape.ts";

/** Returns what is read; `otherwise` where it needs promised bytes that were never read, and cannot be read now. */
export function unlessUnread<T, U>(read: () => T, otherwise: U): T | U {
  try {
    return read();
  } catch (error) {
    if (error instanceof JournalError && error.code === "unread") return otherwise;
    throw error;
  }
}

/** Yields the pieces of promised bytes that a file holds: their positions, and how many of their bytes it has. */
export function* promisedPieces(
  content: Content,
  readTape: ReadTape,
): Generator<{ readonly position: number; readonly length: number }> {
  for (const { tape, length } of extentsOf(content)) {
    if (tape === "hole" || tape < promisedFrom) continue;
    for (let at: number = tape; at < tape + length;) {
      const file = readTape.promised?.(at);
      const piece = file === undefined ? undefined : pieceAt(file, at);
      const end = Math.min(
        tape + length,
        piece === undefined ? Infinity : piece.start + piece.length,
      );
      yield { position: at, length: end - at };
      at = end;
    }
  }
}

/** Tells whether all bytes of a file are there, or can be read from the host. */
export function isReadable(content: Content, readTape: ReadTape): boolean {
  const byte = new Uint8Array(1);
  for (const { position } of promisedPieces(content, readTape)) {
    const isThere = unlessUnread(() => {
      readTape(position as Parameters<ReadTape>[0], 1, byte);
      return true;
    }, false);
    if (!isThere) return false;
  }
  return true;
}
