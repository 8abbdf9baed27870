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

/**
 * Returns the paths of changed files whose new bytes were promised, and neither were fetched nor can be: an apply leaves
 * them alone.
 */
export function unreadableIn(
  journal: Journal,
  folder: Folder,
  entries: readonly ChangedEntry[],
  above = "",
): string[] {
  return entries.flatMap(({ name, after, entries: inside }) => {
    const path = `${above}${name}`;
    const isUnreadable =
      after?.type === "file" &&
      promisedPieces(after.content, tapeOf(journal)).some(({ position }) => {
        const piece = unfetchedAt(journal, folder, position);
        return piece !== undefined && typeof piece.read(1) === "string";
      });
    return [...(isUnreadable ? [path] : []), ...unreadableIn(journal, folder, inside, `${path}/`)];
  });
}

/** Returns the piece of a promised position that no fetch has brought, and what reads it; undefined if one has. */
function unfetchedAt(
  journal: Journal,
  { host, guest }: Pick<Folder, "host" | "guest">,
  position: number,
) {
  if (journal.fetched?.(position) !== undefined) return undefined;
  const file = journal.promised?.(position);
  if (file === undefined) return undefined;
  const { start, offset, length } = pieceAt(file, position);
  // The folder may have moved since; and others may have been listed below it, or it below another.
  const from = file.top === guest ? host : file.from;
  const read = (count: number) => readPromised(from, file, offset, count);
  return { path: listedPath(file), start: start as TapePosition, length, read };
}

function bringFile(
  fs: FileSystem,
  journal: Journal,
  folder: Pick<Folder, "host" | "guest">,
  { content }: File,
): void {
  for (const { position } of promisedPieces(content, tapeOf(journal))) {
    const piece = unfetchedAt(journal, folder, position);
    if (piece === undefined) continue;
    const { path, start, length, read } = piece;
    const bytes = read(length);
    if (typeof bytes !== "string") fs.bring({ path, start, length }, bytes);
  }
}
