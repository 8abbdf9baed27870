import type { Journal, Name, Seq } from "../../../journal/index.ts";
import { FsError, type Inode, type Tree } from "../../fs/index.ts";
import { type ReadTape, tapeOf } from "../snapshots/read-tape.ts";
import { type Stat, lookup, readRange, readdir, statOf, walk } from "./view.ts";

/** An entry of a directory, with its name. */
export interface NamedStat extends Stat {
  readonly name: Name;
}

/** The facts about a path. */
export interface PathStat extends Stat {
  readonly path: string;
}

/** A past state to read. It never changes, and reading changes nothing. Symlinks at the end of a path are followed. */
export class State {
  /** The last event before this state. */
  readonly seq: Seq;
  /** @internal */
  readonly tree: Tree;
  readonly #readTape: ReadTape;

  /** @internal */
  constructor(journal: Journal, seq: Seq, tree: Tree) {
    this.seq = seq;
    this.tree = tree;
    this.#readTape = tapeOf(journal);
  }

  /** Tells whether a path exists. */
  exists(path: string): boolean {
    return lookup(this.tree, path, "follow") !== undefined;
  }

  /** Returns the facts about a path; with "keep" those of a symlink itself. Throws FsError no-entry. */
  stat(path: string, finalLink: "follow" | "keep" = "follow"): Stat {
    return statOf(this.#inode(path, finalLink));
  }

  /**
   * Returns the bytes of a file from `start` to `end`, clipped to its size. Throws FsError no-entry or is-directory.
   */
  readFile(path: string, start = 0, end = Number.MAX_SAFE_INTEGER): Uint8Array {
    const inode = this.#inode(path, "follow");
    if (inode.type !== "file") throw new FsError("is-directory", path);
    return readRange(inode, this.#readTape, start, Math.min(end, inode.content.size));
  }

  /** Returns the entries of a directory, sorted by name in byte order. Throws FsError no-entry or not-directory. */
  readdir(path: string): NamedStat[] {
    const inode = this.#inode(path, "follow");
    if (inode.type !== "directory") throw new FsError("not-directory", path);
    return readdir(this.tree, inode).map((entry) => ({ name: entry.name, ...statOf(entry.inode) }));
  }

  /** Yields everything at and below a path, a directory before its entries. Throws FsError no-entry. */
  *walk(path = "/"): Generator<PathStat> {
    for (const visit of walk(this.tree, this.#inode(path, "follow"), path))
      yield { path: visit.path, ...statOf(visit.inode) };
  }

  #inode(path: string, finalLink: "follow" | "keep"): Inode {
    const inode = lookup(this.tree, path, finalLink);
    if (inode === undefined) throw new FsError("no-entry", path);
    return inode;
  }
}
