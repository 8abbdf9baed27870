import {
  accessSync,
  chmodSync,
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  lstatSync,
  openSync,
  type Stats,
} from "node:fs";
import { dirname } from "node:path";
import { JournalError } from "../interface/journal.ts";

/*
 * A journal may lie in a folder from somebody else, where each file beside it may be a trap: a link to a file of the
 * user's, or a pipe that nobody writes to. So each is checked before SQLite or this folder opens it. SQLite opens files
 * by path. It refuses links for `-wal`, `-shm` and `-journal`, but follows them for a main file, so `lock-file.ts`
 * checks again after opening. Only somebody who can change the folder between check and opening is left.
 */

const { O_APPEND, O_CREAT, O_EXCL, O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_RDWR, O_WRONLY } = constants;

/** The files that SQLite puts beside a database. */
const sqliteEnds = ["-journal", "-wal", "-shm"] as const;

/** The endings of all files that can stand beside a journal: journal/DESIGN.md, section 1. */
export const besideEnds: readonly string[] = [
  ...sqliteEnds,
  "-tail",
  "-tail-sync",
  "-tail-stray",
  ...["-lock", "-lock-repair"].flatMap((end) => [end, ...sqliteEnds.map((more) => end + more)]),
];

/** Returns all files that the journal at `path` can have, itself first; does not resolve `path`. */
export function filesOf(path: string): string[] {
  return ["", ...besideEnds].map((end) => path + end);
}

/** Throws JournalError "unsafe" for the first file beside the journal at `path` that is not safe to open. */
export function checkBeside(file: string, path: string): void {
  for (const end of besideEnds) {
    const problem = problemOf(path + end, path);
    if (problem !== undefined) throw unsafe("open", file, `${path}${end} ${problem}`);
  }
}

/** Throws JournalError "unsafe" if the file at `path`, beside the journal at `journal`, is not safe to open. */
export function checkFile(path: string, journal: string): void {
  const problem = problemOf(path, journal);
  if (problem !== undefined) throw unsafe("open", path, `it ${problem}`);
}

/**
 * Opens the redo log of a journal, and makes it if it is to be written. With "append" the descriptor can only add to
 * the end, with "overwrite" it writes anywhere and cannot read. Throws JournalError "unsafe".
 */
export function openRedoLogFile(path: string, use: keyof typeof redoLogFlags): number {
  const journal = path.replace(/-tail(-sync)?$/, "");
  checkFile(path, journal);
  const fd = openSync(path, redoLogFlags[use] | O_NOFOLLOW | O_NONBLOCK, privateMode);
  try {
    const stat = fstatSync(fd);
    const problem = wrongWith(stat, journal);
    if (problem !== undefined) throw unsafe("open", path, `it ${problem}`);
    // The redo log stays private even if others may read the journal: its events are in no other file.
    if ((stat.mode & 0o777) !== privateMode && stat.uid === user()) fchmodSync(fd, privateMode);
    return fd;
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

/** Makes an empty file that only this user can read, if there is none: SQLite gives its own files the same mode. */
export function makePrivate(path: string): void {
  try {
    closeSync(openSync(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, privateMode));
  } catch (error) {
    if (!isCode(error, "EEXIST")) throw error;
    if (lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true)
      throw unsafe("make", path, "it is a symlink");
  }
}

/** Makes a file that SQLite has just made private to this user. Ignores one that is gone already. */
export function keepPrivate(path: string): void {
  try {
    chmodSync(path, privateMode);
  } catch (error) {
    if (!isCode(error, "ENOENT")) throw error;
  }
}

/**
 * Returns the reason why this user must not repair or tidy up the journal at `path`, as the end of a sentence;
 * undefined if they may.
 */
export function obstacleToRepair(path: string): string | undefined {
  const { uid } = lstatSync(path);
  if (uid !== (user() ?? uid)) return "the journal belongs to another user";
  if (!isWritable(path)) return "the journal is read-only";
  if (!isWritable(dirname(path))) return "the directory of the journal is read-only";
  const log = lstatSync(`${path}-tail`, { throwIfNoEntry: false });
  return log === undefined || log.uid === uid ? undefined : "it belongs to another user";
}

/** Throws JournalError "unsafe" for a journal that another user owns and so can read. Root may write all. */
export function checkOwner(file: string, path: string): void {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  const me = user();
  if (stat === undefined || me === undefined || me === root || stat.uid === me) return;
  const message = `Cannot write ${file}: it belongs to another user (${stat.uid}).`;
  throw new JournalError("unsafe", message, {
    hint: "go on in a fork of it, or name another file with --journal FILE.",
  });
}

/** Returns the error for a file that must not be opened. */
export function unsafe(doing: string, file: string, reason: string): JournalError {
  return new JournalError("unsafe", `Cannot ${doing} ${file}: ${reason}.`, {
    hint: "it was left untouched; find out where it comes from, move it away, and try again.",
  });
}

const redoLogFlags = {
  read: O_RDONLY,
  write: O_RDWR | O_CREAT,
  append: O_WRONLY | O_APPEND,
  overwrite: O_WRONLY,
} as const;
const privateMode = 0o600;
const root = 0;

function problemOf(path: string, journal: string): string | undefined {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return undefined;
  const problem = wrongWith(stat, journal);
  if (problem !== undefined) return problem;
  // This file is always empty, and is removed.
  return path.endsWith("-lock-repair") && stat.size > 0 ? "is not empty" : undefined;
}

function wrongWith(stat: Stats, journal: string): string | undefined {
  if (stat.isSymbolicLink()) return "is a symlink";
  if (stat.isDirectory()) return "is a directory";
  if (stat.isFIFO()) return "is a pipe";
  if (!stat.isFile()) return "is no regular file";
  if (stat.nlink > 1) return "has another name (a hard link)";
  return isOwn(stat, journal) ? undefined : `belongs to another user (${stat.uid})`;
}

// Root can write all files anyway, and the owner of the journal decides what it contains.
function isOwn({ uid }: Stats, journal: string): boolean {
  const me = user();
  if (me === undefined || uid === me || uid === root) return true;
  return lstatSync(journal, { throwIfNoEntry: false })?.uid === uid;
}

function user(): number | undefined {
  return process.geteuid?.();
}

function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}
