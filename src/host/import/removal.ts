import type { Ino, Name } from "../../../journal/index.ts";
import { type FileSystem, type Inode, entriesIn } from "../../fs/index.ts";
import type { Spared } from "./spared.ts";
import type { Tally } from "./tally.ts";

/** Removes entries of the filesystem for an import, and counts them. */
export class Removal {
  readonly #fs: FileSystem;
  readonly #tally: Tally;
  readonly #spared: Spared;

  constructor(fs: FileSystem, tally: Tally, spared: Spared) {
    this.#fs = fs;
    this.#tally = tally;
    this.#spared = spared;
  }

  /** Removes an entry with everything in it, but for what is spared. */
  entry(parent: Ino, name: Name, inode: Inode): void {
    if (this.#spared.isTop(inode.ino)) return;
    if (inode.type === "directory") this.others(inode.ino, new Set());
    if (this.#spared.has(inode.ino)) return;
    this.#fs.perform({ kind: inode.type === "directory" ? "rmdir" : "unlink", parent, name });
    this.#tally.counts.removed += 1;
  }

  /** Removes the entries of a directory, but for those of these names. */
  others(ino: Ino, keep: ReadonlySet<string>): void {
    const directory = this.#fs.inode(ino);
    if (directory?.type !== "directory") return;
    for (const [name, child] of entriesIn(directory.entries)) {
      const inode = this.#fs.inode(child);
      if (!keep.has(name) && inode !== undefined) this.entry(ino, name, inode);
    }
  }
}
