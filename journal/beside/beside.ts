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
import { JournalError } from "../format/journal.ts";

/*
 * A journal may lie in a folder that somebody handed over, so each file beside it may be a trap: a link to a file of
 * the user's, or a pipe that nobody writes to. Each is looked at before SQLite or this folder opens it. SQLite opens by
 * path: it refuses links for `-wal`, `-shm` and `-journal` itself, and follows them for a main file, so that
 * `lock-file.ts` looks again when it is open. What is left is who can change the folder in the instant between.
 */

const { O_APPEND, O_CREAT, O_EXCL, O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_RDWR, O_WRONLY } = constants;

/** What SQLite puts beside a database. */
const sqliteEnds = ["-journal", "-wal", "-shm"] as const;

/** The ends of the names of all that can stand beside a journal: journal/DESIGN.md, section 1. */
export const besideEnds: readonly string[] = [
  ...sqliteEnds,
  "-tail",
  "-tail-stray",
  ...["-lock", "-lock-repair"].flatMap((end) => [end, ...sqliteEnds.map((more) => end + more)]),
];

/** All files that the journal at `path` can have, itself first; that path is taken as it is. */
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

/**
 * Throws JournalError "unsafe" where the file at `path`, which stands beside the journal at `journal`, is not safe to
 * open.
 */
export function checkFile(path: string, journal: string): void {
  const problem = problemOf(path, journal);
  if (problem !== undefined) throw unsafe("open", path, `it ${problem}`);
}

/**
 * Opens the redo log of a journal, and makes it where it is to be written and is not there; "append" can do nothing but
 * add to its end, whatever the offset. Throws JournalError "unsafe".
 */
export function openRedoLogFile(path: string, use: "read" | "write" | "append"): number {
  const journal = path.replace(/-tail$/, "");
  checkFile(path, journal);
  const fd = openSync(path, redoLogFlags[use] | O_NOFOLLOW | O_NONBLOCK, privateMode);
  try {
    const stat = fstatSync(fd);
    const problem = wrongWith(stat, journal);
    if (problem !== undefined) throw unsafe("open", path, `it ${problem}`);
    // It holds what is in no other file, whoever may read the journal.
    if ((stat.mode & 0o777) !== privateMode && stat.uid === user()) fchmodSync(fd, privateMode);
    return fd;
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

/** Makes an empty file that only this user can read, where there is none: SQLite gives its own files the same mode. */
export function makePrivate(path: string): void {
  try {
    closeSync(openSync(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, privateMode));
  } catch (error) {
    if (!isCode(error, "EEXIST")) throw error;
    if (lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true)
      throw unsafe("make", path, "it is a symlink");
  }
}

/** Takes a file that SQLite made just now from all other users. One that is gone already is none's. */
export function keepPrivate(path: string): void {
  try {
    chmodSync(path, privateMode);
  } catch (error) {
    if (!isCode(error, "ENOENT")) throw error;
  }
}

/**
 * Why this user must not repair or tidy up the journal at `path`, as the end of a sentence; undefined where they may.
 */
export function obstacleToRepair(path: string): string | undefined {
  const { uid } = lstatSync(path);
  if (uid !== (user() ?? uid)) return "the journal belongs to another user";
  if (!isWritable(path)) return "the journal is read-only";
  if (!isWritable(dirname(path))) return "the directory of the journal is read-only";
  const log = lstatSync(`${path}-tail`, { throwIfNoEntry: false });
  return log === undefined || log.uid === uid ? undefined : "it belongs to another user";
}

/** Throws JournalError "unsafe" for a journal that another user owns, and so may read. Root may write all. */
export function checkOwner(file: string, path: string): void {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  const me = user();
  if (stat === undefined || me === undefined || me === root || stat.uid === me) return;
  const message = `Cannot write ${file}: it belongs to another user (${stat.uid}).`;
  throw new JournalError("unsafe", message, {
    hint: "go on in a fork of it, or name another file with --journal FILE.",
  });
}

/** A file that must not be opened. */
export function unsafe(doing: string, file: string, reason: string): JournalError {
  return new JournalError("unsafe", `Cannot ${doing} ${file}: ${reason}.`, {
    hint: "it was left untouched; find out where it comes from, move it away, and try again.",
  });
}

const redoLogFlags = {
  read: O_RDONLY,
  write: O_RDWR | O_CREAT,
  append: O_WRONLY | O_APPEND,
} as const;
const privateMode = 0o600;
const root = 0;

function problemOf(path: string, journal: string): string | undefined {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return undefined;
  const problem = wrongWith(stat, journal);
  if (problem !== undefined) return problem;
  // Nothing is ever written to it, and it is removed.
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

// Root can write all files anyway, and who owns the journal decides what stands in it.
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
