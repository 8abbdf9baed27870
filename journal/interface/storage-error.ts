import { constants } from "node:os";
import { MalformedError } from "../format/bytes.ts";
import { type JournalCode, JournalError } from "./journal.ts";

/** Runs `act`, and tells what SQLite or the operating system refused as a JournalError. Other errors pass through. */
export function translating<T>(doing: string, file: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    throw translate(doing, file, error);
  }
}

/** A failure of the storage as a JournalError: "Cannot DOING FILE: …". What is none is given back as it is. */
export function translate(doing: string, file: string, error: unknown): unknown {
  if (error instanceof MalformedError) return failure("damaged", doing, file, error.message, error);
  const code = codeOf(error);
  if (code === undefined || !(error instanceof Error)) return error;
  if (isSqlite(error) || "syscall" in error) {
    return failure(code, doing, file, reasonOf(error) ?? reasons[code] ?? error.message, error);
  }
  return error;
}

/** A JournalError whose message says what failed, on what, and why, with the usual hint for its code. */
export function failure(
  code: JournalCode,
  doing: string,
  file: string,
  reason: string,
  cause?: unknown,
): JournalError {
  const hint = hints[code];
  return new JournalError(code, `Cannot ${doing} ${file}: ${reason}.`, {
    ...(hint === undefined ? {} : { hint }),
    cause,
  });
}

/** There is nowhere for the journal to be. */
export function noDirectory(file: string): JournalError {
  return new JournalError("missing", `Cannot open ${file}: its directory does not exist.`, {
    hint: "make it first, or name another file with --journal FILE.",
  });
}

/** Why a journal with a hot rollback journal cannot be read by who must not change it. */
export const unfinished =
  "its writer was killed in the middle of a change, which only its owner's next command takes back";

function reasonOf(error: Error): string | undefined {
  if (!("code" in error)) return undefined;
  if (error.code === "SQLITE_READONLY_ROLLBACK") return unfinished;
  const isDenied = error.code === "EACCES" || error.code === "EPERM";
  return isDenied ? "this user has no permission for the file or its directory" : undefined;
}

const reasons: Partial<Record<JournalCode, string>> = {
  full: "the disk is full, or a quota is used up",
  "read-only": "the file, its directory or its file system is read-only",
  locked: "another process is using it",
  "not-a-journal": "it is not a rewindfs journal",
};

const hints: Partial<Record<JournalCode, string>> = {
  full: "make room, or put the journal on another disk with --journal FILE.",
  "read-only":
    "copy the journal to a place that you can write, or name another with --journal FILE.",
  io: "check the disk; what was acknowledged before is kept.",
  damaged:
    "`rewindfs verify` tells what is damaged and what is whole; where there is a copy, restore it.",
  "not-a-journal": "name another file with --journal FILE; this one was left untouched.",
  missing: "record something first with `rewindfs run`, or name another file with --journal FILE.",
  newer: "update rewindfs.",
};

/** By its name: who has no SQLite, as a guest's process, must not load it to ask. */
function isSqlite(error: Error): boolean {
  return error.name === "SqliteError";
}

function codeOf(error: unknown): JournalCode | undefined {
  if (!(error instanceof Error) || !("code" in error) || typeof error.code !== "string")
    return undefined;
  const code = nameOf(error, error.code);
  if (code === "SQLITE_FULL" || code === "ENOSPC" || code === "EDQUOT" || code === "EFBIG")
    return "full";
  if (
    code.startsWith("SQLITE_READONLY") ||
    code === "EROFS" ||
    code === "EACCES" ||
    code === "EPERM"
  )
    return "read-only";
  if (code.startsWith("SQLITE_BUSY") || code === "SQLITE_LOCKED") return "locked";
  if (code.startsWith("SQLITE_CORRUPT") || code === "SQLITE_CONSTRAINT_PRIMARYKEY")
    return "damaged";
  // A part that every journal has is missing or cannot be read.
  if (code === "SQLITE_ERROR" && /^(no such|malformed|unsupported file format)/.test(error.message))
    return "damaged";
  if (code === "SQLITE_NOTADB") return "not-a-journal";
  if (code === "ENOENT") return "missing";
  if (
    /^SQLITE_(IOERR|CANTOPEN|NOLFS|PROTOCOL|TOOBIG|NOMEM)/.test(code) ||
    /^E[A-Z0-9]+$/.test(code)
  )
    return "io";
  return undefined;
}

/** libuv has no name for a quota that is used up: such an error comes as UNKNOWN, with the system's own number. */
function nameOf(error: Error, code: string): string {
  return code === "UNKNOWN" && "errno" in error && error.errno === -constants.errno.EDQUOT
    ? "EDQUOT"
    : code;
}
