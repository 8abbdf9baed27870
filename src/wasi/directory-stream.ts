import type { DirectoryEntry } from "@bytecodealliance/preview2-shim/interfaces/wasi-filesystem-types";

import { FsError, entriesIn } from "../fs/index.ts";
import type { Handle } from "./handle.ts";
import { descriptorType, openInode } from "./stat.ts";

/** The entries of a directory as they were at one moment, sorted by name. */
export class DirectoryEntryStream {
  readonly #handle: Handle;
  /** Those still to come, the next one last. */
  readonly #rest: DirectoryEntry[];

  /** Owns the handle, and the entries as its host counted them, from now on. */
  constructor(handle: Handle, entries: readonly DirectoryEntry[]) {
    this.#handle = handle;
    this.#rest = entries.toReversed();
  }

  /** wasi:filesystem/types, directory-entry-stream.read-directory-entry. */
  readDirectoryEntry(): DirectoryEntry | undefined {
    const { host } = this.#handle;
    host.beforeCall();
    const entry = this.#rest.pop();
    if (entry !== undefined) host.unlist(1);
    return entry;
  }

  [Symbol.dispose](): void {
    this.#handle.host.unlist(this.#rest.length);
    this.#rest.length = 0;
    this.#handle.close();
  }
}

/** wasi:filesystem/types, descriptor.read-directory. Throws FsError. */
export function readDirectory(base: Handle): DirectoryEntryStream {
  const { host } = base;
  const inode = openInode(base);
  if (inode.type !== "directory") throw new FsError("not-directory", base.path);
  const handle = base.again();
  try {
    host.list(inode.size, base.path);
  } catch (error) {
    handle.close();
    throw error;
  }
  const entries: DirectoryEntry[] = [];
  for (const [name, ino] of entriesIn(inode.entries)) {
    const entry = host.fs.inode(ino);
    if (entry === undefined) throw new Error(`entry ${name} of ${base.path} leads to no inode`);
    entries.push({ name, type: descriptorType(entry.type) });
  }
  entries.sort((left, right) => (left.name < right.name ? -1 : 1));
  return new DirectoryEntryStream(handle, entries);
}
