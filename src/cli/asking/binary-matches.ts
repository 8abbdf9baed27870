import type { Ino, Seq } from "../../../journal/index.ts";
import { inodeOf, readContent } from "../../fs/index.ts";
import {
  type History,
  type HistoryMatch,
  encodingOf,
  sampleBytes,
  tapeOf,
} from "../../history/index.ts";

/**
 * Returns a test that tells if a line that matched until event `last` stands in a file that is no text. Each file is
 * looked at once.
 */
export function binaryMatches(history: History, last: Seq): (match: HistoryMatch) => boolean {
  const readTape = tapeOf(history.journal);
  const known = new Map<Ino, boolean>();
  return ({ ino, removed }) => {
    let isBinary = known.get(ino);
    if (isBinary === undefined) {
      // The line is there until just before the event that removed it.
      const seq = removed === undefined ? last : ((removed.seq - 1) as Seq);
      const inode = inodeOf(history.at(seq), ino);
      isBinary =
        inode?.type === "file" &&
        encodingOf(readContent(inode.content, 0, sampleBytes, readTape)) === undefined;
      known.set(ino, isBinary);
    }
    return isBinary;
  };
}
