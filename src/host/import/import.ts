import { existsSync, lstatSync, realpathSync } from "node:fs";
import { basename, dirname, resolve } from "node:path";

import {
  type Ino,
  JournalError,
  type Name,
  type RunNumber,
  type Seq,
  rootIno,
} from "../../../journal/index.ts";
import { type FileSystem, FsError, childOf, pathIn } from "../../fs/index.ts";
import { freshWords, leftWords, pathsText, workWords } from "../versions/left.ts";
import { finishSettling, resolveConflicts } from "./conflicts.ts";
import { HostDirectory } from "../disk/directory.ts";
import { identitiesOf } from "../disk/journal-at.ts";
import { HostError, type Skip, sourceError } from "../disk/error.ts";
import { Excludes } from "../exclude/exclude.ts";
import { LeftOutFiles } from "./left-out.ts";
import type { ImportCounts, ImportOptions } from "./options.ts";
import { canBeListed, importListed } from "./listed.ts";
import { type FolderPlan, existsAt, keptIn, leftFresh, planFolder } from "./folder-plan.ts";
import type { ImportPlan } from "./plan.ts";
import { Spared } from "./spared.ts";
import { type Steps, allSteps } from "./steps.ts";
import { Importer } from "./tree.ts";
import { type Folder, foreignIn, movedFrom, wasWords } from "../versions/moments.ts";

/** Everything an import did. */
export interface ImportSummary extends ImportCounts {
  readonly run: RunNumber;
  /** Seqs of the run's first and last event. */
  readonly first: Seq;
  readonly last: Seq;
  /** The real path on the host, and the absolute path that it has in the filesystem. */
  readonly host: string;
  readonly guest: string;
  /** Tells if the filesystem held something at the guest's path before. */
  readonly onto: "nothing" | "existing";
  /** Paths below the folder that were changed on both sides, and stay as they are on both. */
  readonly conflicts: readonly Skip[];
  /** Paths changed on both sides, and settled now. */
  readonly resolved: readonly string[];
  /** Number of paths that stay as the program left them. */
  readonly kept: number;
  /** Files imported for the first time whose names suggest keys or passwords, by their paths below the folder. */
  readonly secrets: readonly string[];
}

/**
 * Copies a host directory (or one file) into the filesystem, as a run of its own: contents, symlinks as they are, hard
 * links among the imported files, times. Existing entries are updated by content: a directory imported before takes
 * only the host's changes since then, and only of paths changed nowhere else (see `history`). Skips what it cannot
 * read, follows no symlink below the given path, and leaves out other journals. Throws HostError if it cannot start, or
 * if a limit of the filesystem ends it, and JournalError.
 */
export function importDirectory(
  fs: FileSystem,
  hostPath: string,
  guestPath: string,
  options: ImportOptions = {},
): ImportSummary {
  return allSteps(importSteps(fs, hostPath, guestPath, options));
}

/** Does the same where anything comes in, or is in conflict; otherwise there is no run, and it returns undefined. */
export function importChanges(
  fs: FileSystem,
  hostPath: string,
  guestPath: string,
  options: ImportOptions = {},
): ImportSummary | undefined {
  return allSteps(importing(fs, hostPath, guestPath, options, "no run"));
}

/**
 * Does the same in steps. A HostError "stopped" that is thrown into it ends the run, whose copied part stays: the same
 * import again copies the rest.
 */
export function* importSteps(
  fs: FileSystem,
  hostPath: string,
  guestPath: string,
  options: ImportOptions = {},
): Steps<ImportSummary> {
  const summary = yield* importing(fs, hostPath, guestPath, options, "a run");
  if (summary === undefined) throw new Error("an import is a run");
  return summary;
}

/** `unchanged` is what an import makes that changes nothing. */
function* importing(
  fs: FileSystem,
  hostPath: string,
  guestPath: string,
  options: ImportOptions,
  unchanged: "a run" | "no run",
): Steps<ImportSummary | undefined> {
  const spared = identitiesOf(options.history?.journal.file, options.leaveOut);
  const source = openSource(hostPath, spared);
  const { host } = source;
  try {
    const guest = segmentsOf(guestPath, source);
    const folder = folderOf(host, `/${guest.join("/")}`, options);
    if (options.history !== undefined) finishSettling(fs, options.history);
    const foreign = foreignOf(source, folder, options);
    const leftOut = leftOutOf(source, options, foreign);
    const spared = new Spared(fs.tree, folder.guest, foreign);
    const onto = existsAt(fs, guest) ? "existing" : "nothing";
    const { directory } = source;
    const coming = { directory, folder, leftOut, foreign, spared };
    const plan = source.name === undefined ? yield* planFolder(fs, coming, options) : undefined;
    const isFresh = options.from === "fresh" || options.extra === "delete";
    const takesAll = isFresh || plan === undefined;
    if (unchanged === "no run" && !takesAll && changesNothing(plan)) return undefined;
    const start = fs.begin({
      cause: "import",
      guest: host,
      args: [
        host,
        folder.guest,
        ...wasWords(folder),
        ...(options.extra === "delete" ? ["--delete"] : []),
        ...(isFresh && plan?.isFirst === false ? freshWords : []),
        ...(options.undone === "is applied" && !takesAll ? workWords : []),
        ...leftWords(takesAll ? leftFresh(fs, coming, plan, options) : plan.left),
      ],
      environment: [],
      digest: "",
      ...(options.labels === undefined ? {} : { labels: options.labels }),
    });
    const importer = new Importer(fs, options, {
      plan: takesAll ? undefined : plan,
      leftOut,
      spared,
    });
    const way = { importer, leftOut, options, isFirst: takesAll };
    const outcome = yield* attempt(fs, importAll(fs, way, source, guest));
    const end = finish(fs, outcome, host, importer.tally.counts);
    const settled = takesAll ? noConflicts : settle(fs, source, folder, plan, options);
    return {
      ...importer.tally.counts,
      run: start.run,
      first: start.seq,
      last: end,
      host,
      guest: folder.guest,
      onto,
      ...settled,
      kept: takesAll ? 0 : keptIn(plan),
      secrets: importer.tally.secrets,
    };
  } finally {
    source.directory.close();
  }
}

function changesNothing({ takes, gone, conflicts }: FolderPlan): boolean {
  return !takes && gone.size === 0 && conflicts.length === 0;
}

function* importAll(
  fs: FileSystem,
  { importer, leftOut, options, isFirst }: Way,
  { directory, name, host }: Source,
  guest: readonly Name[],
): Steps<void> {
  const parent = makeParents(fs, guest, host);
  const journal = options.history?.journal;
  const isListed = isFirst && options.bytes === "when needed" && name === undefined;
  if (isListed && journal?.promisedEnd !== undefined && canBeListed(fs, parent, guest.at(-1))) {
    const place = { parent, name: guest.at(-1) };
    const startedAt = options.now?.() ?? BigInt(Date.now()) * 1_000_000n;
    const { tally } = importer;
    yield* importListed(fs, journal, directory, place, { leftOut, tally, startedAt });
  } else if (name === undefined) yield* importer.root(directory, parent, guest.at(-1));
  else yield* importer.named(directory, name, parent, guest.at(-1));
}

interface Way {
  readonly importer: Importer;
  readonly leftOut: LeftOutFiles;
  readonly options: ImportOptions;
  /** Nothing is known of the folder yet. */
  readonly isFirst: boolean;
}

/** Returns the folder; one whose place on the host is gone is taken to have moved here. */
function folderOf(host: string, guest: string, { history }: ImportOptions): Folder {
  const was =
    history === undefined
      ? undefined
      : movedFrom(history.journal.runs(), { host, guest }, (path) => !existsSync(path));
  return { host, guest, ...(was === undefined ? {} : { was }) };
}

/** Returns what stays out of a directory; a single file that the user names comes in. */
function leftOutOf(
  { name, host }: Source,
  options: ImportOptions,
  foreign: readonly string[],
): LeftOutFiles {
  const { exclude } = options;
  const isAsked = exclude !== undefined && name === undefined;
  return new LeftOutFiles(options, isAsked ? new Excludes(host, exclude) : undefined, foreign);
}

/** Returns the paths of a directory to which other folders or files were imported. */
function foreignOf({ name }: Source, folder: Folder, { history }: ImportOptions): string[] {
  if (name !== undefined || history === undefined) return [];
  return foreignIn(history.journal.runs(), folder);
}

const noConflicts = { conflicts: [], resolved: [] };

/** Settles conflicts as was asked for; a mode beside other changes needs no asking. */
function settle(
  fs: FileSystem,
  { directory }: Source,
  folder: Folder,
  { conflicts, modes }: ImportPlan,
  options: ImportOptions,
): Pick<ImportSummary, "conflicts" | "resolved"> {
  const { history, conflicts: asked = "leave" } = options;
  const paths = asked === "leave" ? modes : conflicts.map(({ path }) => path);
  if (history === undefined || paths.length === 0) return { conflicts, resolved: [] };
  const how = asked === "leave" ? "merge" : asked;
  const resolved = resolveConflicts(fs, history, { directory, folder, paths, how, by: "import" });
  const done = new Set(resolved);
  return { conflicts: conflicts.filter(({ path }) => !done.has(path)), resolved };
}

interface Source {
  /** The directory itself, or the directory of the single file `name`. */
  readonly directory: HostDirectory;
  readonly name: string | undefined;
  /** Name that the user gave: a symlink's own name, even if it leads to the file. */
  readonly given: string;
  readonly host: string;
}

function openSource(hostPath: string, spared: ReadonlySet<string>): Source {
  if (hostPath === "") {
    throw new HostError("missing", hostPath, "cannot import from an empty path", {
      hint: "the working directory is .",
    });
  }
  try {
    const host = realpathSync(resolve(hostPath));
    const given = basename(resolve(hostPath));
    if (lstatSync(host).isDirectory()) {
      return { directory: HostDirectory.open(host, "open", spared), name: undefined, given, host };
    }
    const directory = HostDirectory.open(dirname(host), "open", spared);
    return { directory, name: basename(host), given, host };
  } catch (error) {
    throw sourceError(error, "import", hostPath, "file or directory");
  }
}

/** Returns the names on the way to the guest's path. A single file goes into a directory under its own name. */
function segmentsOf(guestPath: string, { name, given, host }: Source): Name[] {
  const segments = guestPath.split("/").filter((segment) => segment !== "" && segment !== ".");
  if (name !== undefined && (segments.length === 0 || guestPath.endsWith("/")))
    segments.push(given);
  if (segments.includes("..") || guestPath.includes("\0") || !guestPath.isWellFormed()) {
    throw new HostError(
      "bad-path",
      host,
      `cannot import ${host}: ${guestPath} is no path to import to`,
      {
        hint: "give an absolute path without ..",
      },
    );
  }
  return segments as Name[];
}

/** Makes the directories above the guest's path and returns the last one. */
function makeParents(fs: FileSystem, segments: readonly Name[], host: string): Ino {
  let at = rootIno;
  for (const name of segments.slice(0, -1)) {
    if (childOf(fs.tree, at, name) === undefined) fs.perform({ kind: "mkdir", parent: at, name });
    const ino = childOf(fs.tree, at, name);
    if (ino === undefined || fs.inode(ino)?.type !== "directory") {
      const path = pathIn(fs.tree, at, name);
      throw new HostError("conflict", host, `cannot import ${host}: ${path} is no directory`, {
        hint: "import it to another path",
      });
    }
    at = ino;
  }
  return at;
}

type Outcome = { readonly done: true } | { readonly done: false; readonly error: unknown };

function* attempt(fs: FileSystem, steps: Steps<void>): Steps<Outcome> {
  try {
    yield* steps;
    return { done: true };
  } catch (error) {
    return { done: false, error: fs.failure ?? error };
  }
}

/** Ends the run, successful or not, and throws the error that stopped it. */
function finish(fs: FileSystem, outcome: Outcome, host: string, counts: ImportCounts): Seq {
  if (outcome.done) return fs.end({ exit: 0 }).seq;
  const { error } = outcome;
  if (error instanceof JournalError) throw error;
  const isStopped = error instanceof HostError && error.code === "stopped";
  const text = error instanceof Error ? error.message : String(error);
  const reason = isStopped ? "interrupted" : text;
  fs.end({ exit: 1, reason });
  if (isStopped) throw stoppedImport(host, pathsIn(counts));
  if (!(error instanceof FsError)) throw error;
  throw new HostError("limit", host, `the import of ${host} stopped at ${error.path}: ${reason}`, {
    hint: "undo takes back what was imported; a higher --limit lets it go on",
    cause: error,
  });
}

/** Returns the error that ends an import when it is thrown into its steps; of one that began, with its paths so far. */
export function stoppedImport(host: string, paths?: number): HostError {
  const when = paths === undefined ? "before it began" : `after ${pathsText(paths)}`;
  return new HostError("stopped", host, `the import of ${host} was interrupted ${when}`, {
    hint:
      paths === undefined
        ? "nothing was copied; the same again begins anew"
        : "the same import again copies the rest; undo takes back what was copied",
  });
}

function pathsIn({ files, directories, symlinks }: ImportCounts): number {
  return files + directories + symlinks;
}
