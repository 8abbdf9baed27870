import { copyBytes } from "../format/bytes.ts";
import { segmentBytes } from "./segment.ts";
import type { Tape } from "./tape.ts";

/** The growing end of the tape, in memory: what is not committed, and the segment that is not yet full. */
export interface TapeEnd {
  /** Length of the whole tape, with what is not committed yet. */
  length(): number;
  /** Length of the committed tape, as far as `settle` told of it. */
  committed(): number;
  append(bytes: Uint8Array): void;
  /** Copies bytes start..end of the tape, committed or not, into `target` at `at`. */
  read(start: number, end: number, target: Uint8Array, at: number): void;
  /** The memory of the segment from `start` on, which is not committed or not full. */
  segmentAt(start: number): Buffer;
  /** To be called when the tape is committed up to this length. */
  settle(committed: number): void;
}

/** `length` is that of the committed tape. */
export function openTapeEnd(tape: Tape, length: number): TapeEnd {
  /** Segments from `first` on, each of full size; the last is filled up to `taken`. */
  const segments: Buffer[] = [];
  let first = length - (length % segmentBytes);
  let committed = length;
  let taken = length;
  const spare: Buffer[] = [];

  if (committed > first) tape.read(first, committed, segmentAt(first), 0);

  function segmentAt(start: number): Buffer {
    const index = (start - first) / segmentBytes;
    return (segments[index] ??= newSegment());
  }

  // Memory that was used before is there already; new memory the system must first find and clear.
  function newSegment(): Buffer {
    return spare.pop() ?? Buffer.allocUnsafeSlow(segmentBytes);
  }

  return {
    length: () => taken,
    committed: () => committed,
    append(bytes) {
      for (let done = 0; done < bytes.length;) {
        const within = taken % segmentBytes;
        const count = Math.min(bytes.length - done, segmentBytes - within);
        copyBytes(bytes, done, done + count, segmentAt(taken - within), within);
        done += count;
        taken += count;
      }
    },
    read(start, end, target, at) {
      if (start < first) tape.read(start, Math.min(end, first), target, at);
      for (let from = Math.max(start, first); from < end;) {
        const within = from % segmentBytes;
        const count = Math.min(end - from, segmentBytes - within);
        target.set(segmentAt(from - within).subarray(within, within + count), at + from - start);
        from += count;
      }
    },
    segmentAt,
    settle(reached) {
      committed = reached;
      while (first + segmentBytes <= committed) {
        const full = segments.shift();
        const forgotten = full === undefined ? undefined : tape.remember(first, full);
        if (forgotten !== undefined && spare.length < mostSpare) spare.push(forgotten);
        first += segmentBytes;
      }
    },
  };
}

/**
 * Segments without a use that are kept for the next: as many as can wait for one commit. What is let go of instead is not
 * freed before the next collection, and a thread that makes no other garbage seldom has one.
 */
const mostSpare = 48;
