import type { Resolution } from "./options.ts";
import { closeSync, fstatSync, readFileSync } from "node:fs";

import { type Ino, type Name, type Seq, rootIno } from "../../../journal/index.ts";
import { type FileSystem, type File, type Tree, childOf, inodeOf } from "../../fs/index.ts";
import {
  type History,
  isPutBack,
  lookup,
  mergeGuest,
  putBackWords,
  readRange,
  restore,
  tapeOf,
  unlessUnread,
} from "../../history/index.ts";
import { onlyOf, onlyWords } from "../versions/left.ts";
import { type LayeredSide, commonOf } from "../versions/common.ts";
import type { HostDirectory } from "../disk/directory.ts";
import { errnoOf } from "../disk/error.ts";
import { LeftOutFiles } from "./left-out.ts";
import { Spared } from "./spared.ts";
import { allSteps } from "./steps.ts";
import { Importer } from "./tree.ts";
import { mergeTexts } from "../versions/merge-text.ts";
import { type Folder, foreignIn, joinPath } from "../versions/moments.ts";

export interface ConflictWork {
  readonly directory: HostDirectory;
  readonly folder: Folder;
  /** Paths below the folder. */
  readonly paths: readonly string[];
  readonly how: Exclude<Resolution, "leave">;
  /** The command it is done for: taking an apply back brings back the conflicts that were settled for it. */
  readonly by: "import" | "apply";
}

/**
 * Settles conflicts in the filesystem; the host is only read. The host's version is recorded as an import of these
 * paths, so that both versions are states of the journal; the version that counts is then put back. Returns the settled
 * paths.
 */
export function resolveConflicts(
  fs: FileSystem,
  history: History,
  { directory, folder, paths, how, by }: ConflictWork,
): string[] {
  if (how === "ours")
    return record(fs, history, { directory, folder, paths, by, before: fs.head, after: "stays" });
  const settled =
    how === "theirs" ? paths : merge(fs, history, { directory, folder, paths, how, by });
  const before = fs.head;
  const work = { directory, folder, paths: settled, by, before, after: "is put back" } as const;
  const recorded = record(fs, history, work);
  putBack(fs, history, folder, recorded, before);
  return recorded;
}

/** Replaces the program's texts by merged ones. Returns the merged paths. */
function merge(
  fs: FileSystem,
  history: History,
  { directory, folder, paths, how }: ConflictWork,
): string[] {
  const markers = how === "merge" ? "none" : "markers";
  const merged = mergedTexts(fs.tree, history, { directory, folder, paths }, markers);
  const settled = [...merged.keys()];
  if (settled.length > 0) writeMerged(fs, folder, settled, merged);
  return settled;
}

/**
 * Puts back the program's version after an import that recorded the host's, or a merge, was interrupted, if nothing has
 * happened since.
 */
export function finishSettling(fs: FileSystem, history: History): void {
  const runs = history.journal.runs();
  const last = runs.at(-1);
  const isCutOff = last?.start.cause === "restore" && last.end?.exit !== 0;
  const run = isCutOff ? runs.at(-2) : last;
  const [host, guest, ...merged] = run?.start.args ?? [];
  if (run === undefined || host === undefined || guest === undefined) return;
  const isMerge = run.start.cause === "library" && run.start.guest === mergeGuest;
  if (isMerge && run.end?.exit !== 0)
    return putBack(fs, history, { host, guest }, merged, (run.first - 1) as Seq);
  const paths = onlyOf(run);
  if (run.start.cause !== "import" || paths === undefined) return;
  if (run.end?.exit === 0 && !isPutBack(run)) return;
  putBack(fs, history, { host, guest }, paths, (run.first - 1) as Seq);
}

interface Recording extends Omit<ConflictWork, "how"> {
  /** The state to return to on failure. */
  readonly before: Seq;
  /** Says if the host's version stays once it is recorded, or is replaced again. */
  readonly after: "stays" | "is put back";
}

/** Imports the host's version of some paths, as a run of its own. Returns the paths that could be read. */
function record(
  fs: FileSystem,
  history: History,
  { directory, folder, paths, by, before, after }: Recording,
): string[] {
  if (paths.length === 0) return [];
  const { host, guest } = folder;
  const words = after === "is put back" ? putBackWords(by) : [];
  const args = [host, guest, ...words, ...onlyWords(paths)];
  fs.begin({ cause: "import", guest: host, args, environment: [], digest: "" });
  const failed: string[] = [];
  const foreign = foreignIn(history.journal.runs(), folder);
  const leftOut = new LeftOutFiles({}, undefined, foreign);
  const spared = new Spared(fs.tree, guest, foreign);
  try {
    const importer = new Importer(fs, { extra: "delete" }, { plan: undefined, leftOut, spared });
    for (const path of paths) {
      const skipped = importer.tally.counts.skipped;
      const top = lookup(fs.tree, guest);
      try {
        if (top !== undefined)
          allSteps(importer.path(directory, top.ino, path.split("/") as Name[]));
      } catch (error) {
        if (errnoOf(error) === undefined) throw error;
        failed.push(path);
        continue;
      }
      if (importer.tally.counts.skipped > skipped) failed.push(path);
    }
  } catch (error) {
    fs.end({ exit: 1, reason: error instanceof Error ? error.message : String(error) });
    throw fs.failure ?? error;
  }
  if (failed.length === 0) {
    fs.end({ exit: 0 });
    return [...paths];
  }
  // The failed run counts for nothing; the others are tried without these paths.
  fs.end({ exit: 1, reason: `not read: ${failed.join(", ")}` });
  putBack(fs, history, folder, paths, before);
  const others = paths.filter((path) => !failed.includes(path));
  return record(fs, history, { directory, folder, paths: others, by, before, after });
}

function putBack(
  fs: FileSystem,
  history: History,
  { guest }: Folder,
  paths: readonly string[],
  before: Seq,
): void {
  if (paths.length === 0) return;
  restore(fs, history, before, { paths: paths.map((path) => joinPath(guest, path)) });
}

/** Returns the merged texts of the paths that can be merged. */
function mergedTexts(
  tree: Tree,
  history: History,
  { directory, folder, paths }: Omit<ConflictWork, "how" | "by">,
  markers: "markers" | "none",
): Map<string, Uint8Array> {
  const common = commonOf(history, history.journal.runs(), folder, directory);
  const readTape = tapeOf(history.journal);
  const merged = new Map<string, Uint8Array>();
  for (const path of paths) {
    const names = path.split("/") as Name[];
    const base = fileIn(common?.side, names);
    const now = fileAt(tree, lookup(tree, folder.guest)?.ino ?? rootIno, names);
    const ours = hostFile(directory, names);
    if (now === undefined || ours === undefined) continue;
    const text = unlessUnread(() => {
      const was = base === undefined ? new Uint8Array() : readRange(base, readTape);
      return mergeTexts(was, { ours, theirs: readRange(now, readTape) }, markers);
    }, undefined);
    if (text !== undefined) merged.set(path, text);
  }
  return merged;
}

function fileIn(side: LayeredSide | undefined, names: readonly Name[]): File | undefined {
  let at = side;
  for (const name of names) at = at?.child(name);
  return at?.inode?.type === "file" ? at.inode : undefined;
}

function fileAt(tree: Tree, top: Ino, names: readonly Name[]): File | undefined {
  let at: Ino | undefined = top;
  for (const name of names) at = at === undefined ? undefined : childOf(tree, at, name);
  const inode = at === undefined ? undefined : inodeOf(tree, at);
  return inode?.type === "file" ? inode : undefined;
}

/** Returns the bytes of a file of the host; undefined if there is none that can be read. */
function hostFile(host: HostDirectory, [name, ...rest]: readonly Name[]): Uint8Array | undefined {
  if (name === undefined) return undefined;
  try {
    if (rest.length > 0) {
      using child = host.child(name);
      return hostFile(child, rest);
    }
    const fd = host.openFile(name);
    try {
      return fstatSync(fd).isFile() ? readFileSync(fd) : undefined;
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return undefined;
  }
}

function writeMerged(
  fs: FileSystem,
  { host, guest }: Folder,
  paths: readonly string[],
  merged: ReadonlyMap<string, Uint8Array>,
): void {
  const args = [host, guest, ...paths];
  fs.begin({ cause: "library", guest: mergeGuest, args, environment: [], digest: "" });
  for (const path of paths) {
    const bytes = merged.get(path);
    const top = lookup(fs.tree, guest)?.ino ?? rootIno;
    const file = fileAt(fs.tree, top, path.split("/") as Name[]);
    if (bytes === undefined || file === undefined) continue;
    fs.perform({ kind: "set-size", ino: file.ino, size: 0 });
    const step = fs.limits["call-bytes"];
    for (let offset = 0; offset < bytes.length; offset += step) {
      const part = bytes.subarray(offset, offset + step);
      fs.perform({ kind: "write", ino: file.ino, offset, length: part.length }, part);
    }
  }
  fs.end({ exit: 0 });
}
