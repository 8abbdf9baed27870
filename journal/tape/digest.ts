import { createHash } from "node:crypto";
import { segmentBytes } from "./segment.ts";
import type { Tape } from "./tape.ts";

/** Returns a function that hashes bytes start..end of a tape with SHA-256, with no more memory than a segment takes. */
export function tapeDigests(tape: Pick<Tape, "read">): (start: number, end: number) => Buffer {
  const piece = Buffer.alloc(segmentBytes);
  return (start, end) => {
    const hash = createHash("sha256");
    for (let from = start; from < end; from += segmentBytes) {
      const count = Math.min(segmentBytes, end - from);
      tape.read(from, from + count, piece, 0);
      hash.update(piece.subarray(0, count));
    }
    return hash.digest();
  };
}
