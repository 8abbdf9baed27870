import { createHash, hash } from "node:crypto";
import { segmentBytes } from "./segment.ts";
import type { Tape } from "./tape.ts";

/** Returns a function that hashes bytes start..end of a tape with SHA-256, with no more memory than a segment takes. */
export function tapeDigests(tape: Pick<Tape, "read">): (start: number, end: number) => Buffer {
  const piece = Buffer.alloc(segmentBytes);
  return (start, end) => {
    // Most payloads are small, and an object for each costs more than all the rest.
    if (end - start <= segmentBytes) {
      tape.read(start, end, piece, 0);
      return hash("sha256", piece.subarray(0, end - start), "buffer");
    }
    const whole = createHash("sha256");
    for (let from = start; from < end; from += segmentBytes) {
      const count = Math.min(segmentBytes, end - from);
      tape.read(from, from + count, piece, 0);
      whole.update(piece.subarray(0, count));
    }
    return whole.digest();
  };
}
