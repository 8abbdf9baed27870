import { closeSync, constants, fstatSync, openSync, readFileSync } from "node:fs";
import { dirname, isAbsolute, join, resolve } from "node:path";

import { errnoOf } from "../disk/error.ts";

/** Paths of a repository's own data. */
export interface Repository {
  /** The working tree's top directory. */
  readonly top: string;
  /** The directory of its index, and the one it shares with other working trees. */
  readonly own: string;
  readonly shared: string;
}

/** An index is read into memory. */
const mostBytes = 256 * 1024 * 1024;
/**
 * No system has longer paths. Version 4 stores only what differs from the path before: a short index may expand to
 * much.
 */
const mostPathBytes = 4_096;
const mostPathsBytes = 256 * 1024 * 1024;

/** Finds the repository around a directory of the host, by its real path; undefined if there is none. */
export function repositoryOf(directory: string): Repository | undefined {
  for (let top = directory; ; top = dirname(top)) {
    const own = ownFolder(join(top, ".git"));
    if (own !== undefined) return { top, own, shared: sharedFolder(own) };
    if (dirname(top) === top) return undefined;
  }
}

/**
 * Returns the paths that a repository tracks, read from its index: git ignores none of them. Empty if there is no
 * index, or one of an unknown form. git-index(5), versions 2 to 4; a shared index is not read.
 */
export function trackedIn({ own }: Repository): Set<string> {
  const bytes = readSmall(join(own, "index"), mostBytes);
  const paths = new Set<string>();
  if (!Buffer.isBuffer(bytes) || bytes.length < headerBytes) return paths;
  const version = bytes.readUInt32BE(4);
  if (bytes.toString("latin1", 0, 4) !== "DIRC" || version < 2 || version > 4) return paths;
  const digest = isSha256(own) ? 32 : 20;
  let at = headerBytes;
  let last = "";
  let room = mostPathsBytes;
  for (let left = bytes.readUInt32BE(8); left > 0; left -= 1) {
    const start = at;
    const flagsAt = at + fixedBytes + digest;
    if (flagsAt + 4 > bytes.length) return paths;
    const isExtended = version >= 3 && (bytes.readUInt16BE(flagsAt) & 0x4000) !== 0;
    at = flagsAt + (isExtended ? 4 : 2);
    let kept = "";
    if (version === 4) {
      const { value, next } = offsetAt(bytes, at);
      at = next;
      kept = last.slice(0, Math.max(0, last.length - value));
    }
    const end = bytes.indexOf(0, at);
    if (end === -1) return paths;
    const length = kept.length + end - at;
    room -= length;
    if (length > mostPathBytes || room < 0) return paths;
    last = kept + bytes.toString("latin1", at, end);
    paths.add(Buffer.from(last, "latin1").toString("utf8"));
    at = version === 4 ? end + 1 : start + paddedBytes(end - start);
  }
  return paths;
}

const headerBytes = 12;
/** Times, numbers, mode, owner and size of an entry. */
const fixedBytes = 40;

/** Rounds up to where an entry ends: one to eight zeros fill it to a multiple of eight. */
function paddedBytes(length: number): number {
  return (Math.floor(length / 8) + 1) * 8;
}

/** gitformat-pack(5), the encoding of an offset. */
function offsetAt(bytes: Buffer, start: number): { value: number; next: number } {
  let at = start;
  let byte = bytes[at] ?? 0;
  let value = byte & 0x7f;
  while ((byte & 0x80) !== 0 && at - start < 4) {
    at += 1;
    byte = bytes[at] ?? 0;
    value = (value + 1) * 128 + (byte & 0x7f);
  }
  return { value, next: at + 1 };
}

function isSha256(own: string): boolean {
  const text = readSmall(join(sharedFolder(own), "config"), 1024 * 1024)?.toString("utf8") ?? "";
  // Line by line: a search across lines would take quadratic time on many blanks.
  return text
    .split("\n")
    .some((line) => /^objectformat *= *sha256$/i.test(line.replaceAll("\t", " ").trim()));
}

/** Finds the repository's folder: `.git` is that folder, or a file that names it. gitrepository-layout(5). */
function ownFolder(git: string): string | undefined {
  const text = readSmall(git, 64 * 1024);
  if (text === "directory") return git;
  const named = /^gitdir: (.+)$/.exec(text?.toString("utf8").trimEnd() ?? "")?.[1];
  return named === undefined ? undefined : resolve(dirname(git), named);
}

function sharedFolder(own: string): string {
  const text = readSmall(join(own, "commondir"), 64 * 1024);
  const named = text === "directory" ? undefined : text?.toString("utf8").trim();
  if (named === undefined || named === "") return own;
  return isAbsolute(named) ? named : join(own, named);
}

function readSmall(path: string, most: number): Buffer | "directory" | undefined {
  let fd: number | undefined;
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const stat = fstatSync(fd);
    if (stat.isDirectory()) return "directory";
    if (!stat.isFile() || stat.size > most) return undefined;
    return readFileSync(fd);
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return undefined;
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}
