import { type Extent, type Ino, promisedFrom } from "../../../journal/index.ts";
import { type FileSystem, entriesOf, extentsOf } from "../../fs/index.ts";

/** Smaller files cost little, and are many. */
const leastBytes = 64 * 1024;
/** In a larger filesystem only files that come in are known. */
const mostInodes = 100_000;
/** So many files of one size are looked at. */
const mostAlike = 1_024;
/** A file in more pieces is copied, which makes it one. */
const mostExtents = 1_000;
const beginningBytes = 64;

/** Knows the large files of a filesystem by their sizes and first bytes, to find those that may be the same. */
export class Twins {
  readonly #fs: FileSystem;
  #bySize: Map<number, Alike> | undefined;

  constructor(fs: FileSystem) {
    this.#fs = fs;
  }

  /**
   * Returns the files of that size that begin with the same bytes; none of a small size. `beginning` returns so many
   * bytes.
   */
  of(size: number, beginning: (length: number) => Buffer): readonly Ino[] {
    if (size < leastBytes) return [];
    const alike = this.#all().get(size);
    if (alike === undefined) return [];
    for (const ino of alike.unread.splice(0))
      if (this.extentsOf(ino, size) !== undefined)
        put(alike, textOf(this.#fs.read(ino, 0, beginningBytes)), ino);
    const found = alike.read.get(textOf(beginning(beginningBytes))) ?? [];
    return found.filter((ino) => this.extentsOf(ino, size) !== undefined);
  }

  /** Takes note of a file that came in, with its first bytes. */
  add(ino: Ino, size: number, beginning: (length: number) => Buffer): void {
    if (size >= leastBytes) put(alikeOf(this.#all(), size), textOf(beginning(beginningBytes)), ino);
  }

  /** Returns where the bytes of a file of that size stand on the tape; undefined if not all do, or in many places. */
  extentsOf(ino: Ino, size: number): readonly Extent[] | undefined {
    const inode = this.#fs.inode(ino);
    if (inode?.type !== "file" || inode.content.size !== size) return undefined;
    const found: Extent[] = [];
    for (const extent of extentsOf(inode.content)) {
      if (extent.tape === "hole") continue;
      if (extent.tape >= promisedFrom || found.length === mostExtents) return undefined;
      found.push(extent);
    }
    return found;
  }

  #all(): Map<number, Alike> {
    if (this.#bySize !== undefined) return this.#bySize;
    const bySize = (this.#bySize = new Map<number, Alike>());
    const { inodes, count } = this.#fs.tree;
    if (count > mostInodes) return bySize;
    for (const [, inode] of entriesOf(inodes)) {
      if (inode.type !== "file" || inode.content.size < leastBytes) continue;
      const { unread } = alikeOf(bySize, inode.content.size);
      if (unread.length < mostAlike) unread.push(inode.ino);
    }
    return bySize;
  }
}

/** Files of one size: those whose first bytes nobody asked for yet, and the others by them. */
interface Alike {
  readonly unread: Ino[];
  readonly read: Map<string, Ino[]>;
}

function alikeOf(bySize: Map<number, Alike>, size: number): Alike {
  const known = bySize.get(size);
  if (known !== undefined) return known;
  const made: Alike = { unread: [], read: new Map() };
  bySize.set(size, made);
  return made;
}

/** Each is compared to its end: so a few that begin alike are enough. */
const mostCompared = 4;

function put({ read }: Alike, beginning: string, ino: Ino): void {
  const same = read.get(beginning) ?? [];
  if (!same.includes(ino)) same.push(ino);
  if (same.length > mostCompared) same.shift();
  read.set(beginning, same);
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1");
}
