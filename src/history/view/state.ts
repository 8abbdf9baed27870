import type { Journal, Name, Seq } from "../../../journal/index.ts";
import { FsError, type Inode, type Tree } from "../../fs/index.ts";
import { type ReadTape, tapeOf } from "./read-tape.ts";
import { type Stat, lookup, readRange, readdir, statOf, walk } from "./view.ts";

/** An entry of a directory, by its name. */
export interface NamedStat extends Stat {
  readonly name: Name;
}

/** What stands at a path. */
export interface PathStat extends Stat {
  readonly path: string;
}

/** A past state to look at: it never changes, and looking at it changes nothing. Symlinks at the end are followed. */
export class State {
  /** The event that it is the state just after. */
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

  /** Whether anything stands at a path. */
  exists(path: string): boolean {
    return lookup(this.tree, path, "follow") !== undefined;
  }

  /** Throws FsError no-entry. With "keep" a symlink at the end is what is told of. */
  stat(path: string, finalLink: "follow" | "keep" = "follow"): Stat {
    return statOf(this.#inode(path, finalLink));
  }

  /** The bytes of a file from `start` to `end`, clipped to its size. Throws FsError no-entry or is-directory. */
  readFile(path: string, start = 0, end = Number.MAX_SAFE_INTEGER): Uint8Array {
    const inode = this.#inode(path, "follow");
    if (inode.type !== "file") throw new FsError("is-directory", path);
    return readRange(inode, this.#readTape, start, Math.min(end, inode.content.size));
  }

  /** The entries of a directory in the byte order of their names. Throws FsError no-entry or not-directory. */
  readdir(path: string): NamedStat[] {
    const inode = this.#inode(path, "follow");
    if (inode.type !== "directory") throw new FsError("not-directory", path);
    return readdir(this.tree, inode).map((entry) => ({ name: entry.name, ...statOf(entry.inode) }));
  }

  /** Everything at and below a path, a directory before what it holds. Throws FsError no-entry. */
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
