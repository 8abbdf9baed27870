import {
  listedPath,
  type Journal,
  type TapePosition,
  pieceAt,
  readPromised,
} from "../../../journal/index.ts";
import type { File, FileSystem } from "../../fs/index.ts";
import { promisedPieces, tapeOf } from "../../history/index.ts";
import type { Folder } from "../versions/moments.ts";
import type { ChangedEntry } from "../versions/plan.ts";

/**
 * Fetches, in the run that is open, the promised bytes of all files that an apply is about to change, remove or move on
 * the host: afterwards nobody else has them. What the host no longer has as it was is passed over.
 */
export function bringChanged(
  fs: FileSystem,
  journal: Journal,
  { host, guest }: Folder,
  entries: readonly ChangedEntry[],
): void {
  for (const { before, after, entries: inside } of entries) {
    for (const inode of [before, after])
      if (inode?.type === "file") bringFile(fs, journal, { host, guest }, inode);
    bringChanged(fs, journal, { host, guest }, inside);
  }
}

function bringFile(
  fs: FileSystem,
  journal: Journal,
  { host, guest }: Pick<Folder, "host" | "guest">,
  { content }: File,
): void {
  for (const { position } of promisedPieces(content, tapeOf(journal))) {
    if (journal.fetched?.(position) !== undefined) continue;
    const file = journal.promised?.(position);
    if (file === undefined) continue;
    const { start, offset, length } = pieceAt(file, position);
    // The folder may have moved since; and others may have been listed below it, or it below another.
    const from = file.top === guest ? host : file.from;
    const bytes = readPromised(from, file, offset, length);
    if (typeof bytes === "string") continue;
    const path = listedPath(file);
    fs.bring({ path, start: start as TapePosition, length }, bytes);
  }
}
