import {
  closeSync,
  constants,
  fstatSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { dirname } from "node:path";
import { makeFolder } from "../../../journal/index.ts";
import { DepotError } from "./error.ts";

/**
 * The keys of depots that this user's commands have met, each by the address that it was met at: a line for each, with
 * the address and the key's SHA-256 in hex. The first line with an address counts.
 */

const mostBytes = 1024 * 1024;

/**
 * Returns the fingerprint of the key that is known of a depot; undefined if none is. Throws DepotError for a file that
 * another user may have written.
 */
export function knownKey(file: string, url: string): string | undefined {
  return entriesIn(file)?.find((entry) => entry.url === url)?.fingerprint;
}

/** Returns the addresses of depots that are known by a key. Throws DepotError like `knownKey`. */
export function depotsWith(file: string, fingerprint: string): readonly string[] {
  const all = (entriesIn(file) ?? []).filter((entry) => entry.fingerprint === fingerprint);
  return [...new Set(all.map(({ url }) => url))].filter(
    (url) => knownKey(file, url) === fingerprint,
  );
}

/**
 * Keeps the key of a depot that none was known of. Returns the one that is known then, which is another where two
 * processes met two depots there at once; undefined if nothing can be kept here. Throws DepotError like `knownKey`.
 */
export function keepKey(file: string, url: string, fingerprint: string): string | undefined {
  try {
    makeFolder(dirname(file));
    const flags = constants.O_RDWR | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW;
    const fd = openSync(file, flags, 0o600);
    try {
      const { size } = fstatSync(fd);
      const end = Buffer.alloc(1);
      const isCut = size > 0 && readSync(fd, end, 0, 1, size - 1) === 1 && end[0] !== 0x0a;
      // One call, so that lines of two processes do not mix.
      writeSync(fd, `${isCut ? "\n" : ""}${url} ${fingerprint}\n`);
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    // There is no home, or it is read-only: who cares has the key checked by its fingerprint.
    if (error instanceof Error && "syscall" in error) return undefined;
    throw error;
  }
  return knownKey(file, url);
}

/** Keeps a key in place of the one that is known of a depot. Throws the file system's errors, and DepotError. */
export function replaceKey(file: string, url: string, fingerprint: string): void {
  makeFolder(dirname(file));
  const others = (entriesIn(file) ?? []).filter((entry) => entry.url !== url);
  const lines = [...others, { url, fingerprint }].map((one) => `${one.url} ${one.fingerprint}\n`);
  const fresh = `${file}-${process.pid}`;
  try {
    writeFileSync(fresh, lines.join(""), { flag: "wx", mode: 0o600 });
    renameSync(fresh, file);
  } finally {
    rmSync(fresh, { force: true });
  }
}

interface Entry {
  readonly url: string;
  readonly fingerprint: string;
}

/** Returns what is known; undefined if there is no such file. */
function entriesIn(file: string): readonly Entry[] | undefined {
  const text = textOf(file);
  return text?.split("\n").flatMap((line) => {
    const [, url, fingerprint] = /^(\S+) ([0-9a-f]{64})$/.exec(line.trim()) ?? [];
    return url === undefined || fingerprint === undefined ? [] : [{ url, fingerprint }];
  });
}

function textOf(file: string): string | undefined {
  let fd: number;
  try {
    fd = openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    if (!(error instanceof Error)) throw error;
    throw unusable(file, error.message, error);
  }
  try {
    const { uid, mode, size } = fstatSync(fd);
    const user = process.getuid?.();
    if (user !== undefined && (uid !== user || (mode & 0o022) !== 0))
      throw unusable(file, "other users may write to it");
    if (size > mostBytes) throw unusable(file, `it has more than ${mostBytes} bytes`);
    const bytes = Buffer.alloc(size);
    return bytes.toString("utf8", 0, readSync(fd, bytes, 0, size, 0));
  } finally {
    closeSync(fd);
  }
}

function unusable(file: string, reason: string, cause?: unknown): DepotError {
  return new DepotError(
    "untrusted",
    `the keys of known depots cannot be taken from ${file}: ${reason}`,
    "mend or remove that file, or set REWINDFS_DEPOT_KEY to the key's fingerprint",
    cause,
  );
}
