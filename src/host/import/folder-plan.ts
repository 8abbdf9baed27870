import { type Ino, type Name, rootIno } from "../../../journal/index.ts";
import { type FileSystem, childOf } from "../../fs/index.ts";
import { type History, comparableTape, lookup } from "../../history/index.ts";
import type { HostDirectory } from "../disk/directory.ts";
import { commonOf, folderSide } from "../versions/common.ts";
import { isAsImported } from "../versions/imported.ts";
import { type Folder, joinPath } from "../versions/moments.ts";
import { PathSet } from "../versions/path-set.ts";
import type { Side } from "../versions/plan.ts";
import type { LeftOutFiles } from "./left-out.ts";
import type { ImportOptions } from "./options.ts";
import { type ImportPlan, planImport } from "./plan.ts";
import type { Spared } from "./spared.ts";
import type { Steps } from "./steps.ts";

/** The plan for a folder that comes in. */
export interface FolderPlan extends ImportPlan {
  /** Both sides never agreed on anything: what the host lacks is the program's. */
  readonly isFirst: boolean;
}

/** A folder of the host that comes in, and what is left alone. */
export interface ComingFolder {
  readonly directory: HostDirectory;
  readonly folder: Folder;
  readonly leftOut: LeftOutFiles;
  /** Paths that were imported from elsewhere. */
  readonly foreign: readonly string[];
  readonly spared: Spared;
}

/** Plans what a directory takes over; undefined if nothing of the past is known. */
export function* planFolder(
  fs: FileSystem,
  { directory, folder, leftOut, foreign: elsewhere, spared }: ComingFolder,
  { history }: Pick<ImportOptions, "history">,
): Steps<FolderPlan | undefined> {
  if (history === undefined) return undefined;
  const common = commonOf(history, history.journal.runs(), folder, directory);
  if (common === undefined && !existsAt(fs, segmentsIn(folder.guest))) return undefined;
  const foreign = common?.foreign ?? elsewhere;
  // A state of the history: it shares what did not change with the state that both sides agreed on.
  const now = folderSide(history.at(history.journal.head()), folder.guest, foreign);
  const plan = yield* planImport({
    host: directory,
    common: common?.side ?? importedSide(history, folder.guest, now),
    now,
    readTape: comparableTape(history.journal),
    leftOut,
    foreign,
    isSpared: (inode) => inode !== undefined && spared.has(inode.ino),
  });
  if (common !== undefined) return { ...plan, isFirst: false };
  const kept = [...plan.gone];
  const stays = new Set([...plan.stays, ...kept]);
  return { ...plan, gone: new Set(), stays, left: [...plan.left, ...kept], isFirst: true };
}

/**
 * Returns what of a folder came from the host, with other imports: where nothing is known of the folder itself, the
 * rest is the program's.
 */
function importedSide(history: History, guest: string, now: Side): Side {
  const isImported = isAsImported(history, history.journal.head());
  const sideAt = (side: Side, path: string): Side => ({
    inode: side.inode !== undefined && isImported(path, side.inode) ? side.inode : undefined,
    entries: (below) =>
      new Map(
        [...side.entries(below)].map(([name, one]) => [name, sideAt(one, joinPath(path, name))]),
      ),
  });
  return sideAt(now, guest);
}

/**
 * Returns paths that stay although everything comes in: those left out, those that could not be read, those that the host
 * lacks, and directories in the way of something else.
 */
export function leftFresh(
  fs: FileSystem,
  { directory, folder, spared }: ComingFolder,
  plan: ImportPlan | undefined,
  { extra }: Pick<ImportOptions, "extra">,
): string[] {
  if (plan === undefined) return [];
  return plan.left.filter((path) => {
    if (plan.leftOut.has(path) || plan.unreadable.has(path)) return true;
    const type = typeOnHost(directory, path.split("/"));
    const here = lookup(fs.tree, joinPath(folder.guest, path));
    const isInTheWay = here?.type === "directory" && type !== "directory";
    const stays = extra !== "delete" || (here !== undefined && spared.has(here.ino));
    return stays && (type === "nothing" || isInTheWay);
  });
}

function typeOnHost(
  host: HostDirectory,
  [name, ...rest]: readonly string[],
): "directory" | "other" | "nothing" {
  if (name === undefined || !host.has(name)) return "nothing";
  const isDirectory = host.stat(name)?.isDirectory() === true;
  if (rest.length === 0) return isDirectory ? "directory" : "other";
  if (!isDirectory) return "nothing";
  using child = host.child(name);
  return typeOnHost(child, rest);
}

/** Counts paths, or whole directories, that differ from the host and are in no conflict. */
export function keptIn(plan: ImportPlan): number {
  const conflicts = new PathSet(plan.conflicts.map(({ path }) => path));
  return plan.left.filter((top) => {
    const isConflict = conflicts.isBelow(top) || conflicts.hasItself(top);
    return !plan.leftOut.has(top) && !isConflict;
  }).length;
}

/** Tells if the filesystem has something at a path; of the root, if anything is in it. */
export function existsAt(fs: FileSystem, segments: readonly Name[]): boolean {
  let at: Ino | undefined = rootIno;
  for (const segment of segments) at = at === undefined ? undefined : childOf(fs.tree, at, segment);
  return at !== undefined && (at !== rootIno || fs.tree.count > 1);
}

function segmentsIn(path: string): Name[] {
  return path.split("/").filter((segment) => segment !== "") as Name[];
}
