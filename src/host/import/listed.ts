import {
  type Ino,
  type Journal,
  type Name,
  type TapePosition,
  pieceBytes,
  readPromised,
  sealedListing,
} from "../../../journal/index.ts";
import { type FileSystem, childOf } from "../../fs/index.ts";
import type { HostDirectory } from "../disk/directory.ts";
import { clamp } from "../disk/times.ts";
import { modeOnHost } from "../versions/modes.ts";
import type { LeftOutFiles } from "./left-out.ts";
import { type FolderList, Lister } from "./lister.ts";
import type { Steps } from "./steps.ts";
import type { Tally } from "./tally.ts";

/** Tells if a directory can come in as a list: onto nothing, or onto an empty directory. */
export function canBeListed(fs: FileSystem, parent: Ino, name: Name | undefined): boolean {
  const ino = name === undefined ? parent : childOf(fs.tree, parent, name);
  if (ino === undefined) return true;
  const inode = fs.inode(ino);
  return inode?.type === "directory" && inode.size === 0;
}

export interface ListedWay {
  readonly leftOut: LeftOutFiles;
  readonly tally: Tally;
  /** Nanoseconds since the epoch. */
  readonly startedAt: bigint;
}

/** Brings in a directory as `name` of `parent`, or as `parent` itself, without the bytes of its files. */
export function* importListed(
  fs: FileSystem,
  journal: Journal,
  host: HostDirectory,
  place: { readonly parent: Ino; readonly name: Name | undefined },
  { leftOut, tally, startedAt }: ListedWay,
): Steps<void> {
  const stat = host.statSelf();
  const ino = directoryAt(fs, place, modeOnHost(stat));
  const path = fs.path(ino);
  const list = yield* new Lister(fs.limits, leftOut, tally, startedAt).list(host, path);
  tally.add("directories", "added");
  const start = journal.promisedEnd?.();
  if (start === undefined) throw new TypeError("this journal takes no listings");
  if (list.count > 0) {
    const bytes = sealedListing(host.real, list.bytes);
    const { count: entries, promised } = list;
    const first = fs.tree.nextIno;
    fs.perform(
      {
        kind: "listing",
        ino,
        from: host.real,
        first,
        entries,
        promised,
        start,
        length: bytes.length,
      },
      bytes,
    );
    yield* bringFresh(fs, host, list, { top: path, start }, tally);
  }
  fs.perform({
    kind: "set-times",
    ino,
    atime: clamp(stat.atimeNs),
    mtime: clamp(stat.mtimeNs),
  });
}

function directoryAt(
  fs: FileSystem,
  { parent, name }: { readonly parent: Ino; readonly name: Name | undefined },
  mode: { readonly mode?: number },
): Ino {
  if (name === undefined) return parent;
  const existing = childOf(fs.tree, parent, name);
  if (existing !== undefined) {
    if (mode.mode !== undefined) fs.perform({ kind: "set-mode", ino: existing, mode: mode.mode });
    return existing;
  }
  fs.perform({ kind: "mkdir", parent, name, ...mode });
  const made = childOf(fs.tree, parent, name);
  if (made === undefined) throw new Error(`${name} was made and is not there`);
  return made;
}

/**
 * Reads files that were changed a moment ago: a change in the same tick of the clock would leave their times as they
 * are, and not be noticed later.
 */
function* bringFresh(
  fs: FileSystem,
  host: HostDirectory,
  { fresh }: FolderList,
  { top, start }: { readonly top: string; readonly start: TapePosition },
  tally: Tally,
): Steps<void> {
  for (const { stamp, path: below, position } of fresh) {
    yield;
    const path = top === "/" ? `/${below}` : `${top}/${below}`;
    for (let offset = 0; offset < stamp.size; offset += pieceBytes) {
      const length = Math.min(pieceBytes, stamp.size - offset);
      const bytes = readPromised(host.real, { below, stamp }, offset, length);
      if (typeof bytes === "string") {
        tally.skip(`${host.shown}/${below}`, "it was changed while it was read");
        break;
      }
      fs.bring({ path, start: (start + position + offset) as TapePosition, length }, bytes);
      tally.counts.bytes += length;
    }
    tally.report();
  }
}
