import type { DirectoryEntry } from "@bytecodealliance/preview2-shim/interfaces/wasi-filesystem-types";

import type { Ino } from "../../../journal/index.ts";
import { FsError, type Inode, entriesIn } from "../../fs/index.ts";
import type { Handle } from "../calls/handle.ts";
import { descriptorType, openInode } from "../calls/stat.ts";

/** The entries of a directory as they were at one moment, sorted by name. */
export class DirectoryEntryStream {
  readonly #handle: Handle;
  /** Entries still to come, the next one last. */
  readonly #rest: ListedEntry[];

  /** Takes over the handle, and the entries that its host has counted. */
  constructor(handle: Handle, entries: readonly ListedEntry[]) {
    this.#handle = handle;
    this.#rest = entries.toReversed();
  }

  /** wasi:filesystem/types, directory-entry-stream.read-directory-entry. */
  readDirectoryEntry(): DirectoryEntry | undefined {
    const { host } = this.#handle;
    host.beforeCall();
    const entry = this.#rest.pop();
    if (entry === undefined) return undefined;
    host.unlist(1);
    return { type: descriptorType(entry.type), name: entry.name };
  }

  [Symbol.dispose](): void {
    this.#handle.host.unlist(this.#rest.length);
    this.#rest.length = 0;
    this.#handle.close();
  }
}

/** wasi:filesystem/types, descriptor.read-directory. Throws FsError. */
export function readDirectory(base: Handle): DirectoryEntryStream {
  const entries = listEntries(base);
  try {
    return new DirectoryEntryStream(base.again(), entries);
  } catch (error) {
    base.host.unlist(entries.length);
    throw error;
  }
}

/** An entry of a directory, with the inode that it leads to. */
export interface ListedEntry {
  readonly name: string;
  readonly type: Inode["type"];
  readonly ino: Ino;
}

function refuseName({ host, path }: Handle, listed: number): never {
  host.unlist(listed);
  throw new FsError("illegal-byte-sequence", path);
}

/**
 * Returns the entries of a directory, sorted by name and counted by its host: the caller unlists them. Throws FsError.
 */
export function listEntries(base: Handle): readonly ListedEntry[] {
  const { host } = base;
  const inode = openInode(base);
  if (inode.type !== "directory") throw new FsError("not-directory", base.path);
  host.fs.requireReadable(inode.ino);
  host.list(inode.size, base.path);
  const entries: ListedEntry[] = [];
  for (const [name, ino] of entriesIn(inode.entries)) {
    const entry = host.fs.inode(ino);
    if (entry === undefined) throw new Error(`entry ${name} of ${base.path} leads to no inode`);
    // A native program made it; no text of a guest can say it.
    if (!name.isWellFormed()) return refuseName(base, inode.size);
    entries.push({ name, type: entry.type, ino });
  }
  return entries.sort((left, right) => (left.name < right.name ? -1 : 1));
}
