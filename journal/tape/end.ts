import { copyBytes } from "../format/bytes.ts";
import { segmentBytes } from "./segment.ts";
import type { Tape } from "./tape.ts";

/** Holds the growing end of the tape in memory: the uncommitted bytes and the last segment that is not full. */
export interface TapeEnd {
  /** Returns the length of the whole tape, with its uncommitted bytes. */
  length(): number;
  /** Returns the length of the committed tape, as last told to `settle`. */
  committed(): number;
  append(bytes: Uint8Array): void;
  /** Copies bytes start..end of the tape, committed or not, into `target` at `at`. */
  read(start: number, end: number, target: Uint8Array, at: number): void;
  /** Returns the memory of the segment from `start` on, which is uncommitted or not full. */
  segmentAt(start: number): Buffer;
  /** Must be called when the tape is committed up to this length. */
  settle(committed: number): void;
}

/** `length` is the length of the committed tape. */
export function openTapeEnd(tape: Tape, length: number): TapeEnd {
  /** The segments from `first` on, each of full size; the last is filled up to `taken`. */
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

  // Reuses memory, since the system must find and clear new memory first.
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
 * The most segments to keep for reuse: as many as one commit can leave. Dropped ones are freed by the garbage
 * collector, which seldom runs in a thread that makes no other garbage.
 */
const mostSpare = 48;
