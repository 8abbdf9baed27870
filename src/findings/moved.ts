import type { Tree } from "../fs/index.ts";
import { type Change, walk } from "../history/index.ts";
import { type LeftBehind, type Remark, Surroundings, saidOf } from "./changes.ts";
import { isTemporary } from "./temporary.ts";

/** Bounds the paths below moved directories that are looked at. */
const mostLookedAt = 100_000;

/** Finds what became of the files in directories that a run moved: such a move is one change, and they are in none. */
export class MovedFiles {
  readonly #tree: Tree;
  readonly #was: Surroundings;
  readonly #is: Surroundings;
  #left = mostLookedAt;

  constructor(before: Tree, { tree, folders, warnings }: LeftBehind) {
    this.#tree = tree;
    this.#was = new Surroundings(before, folders);
    this.#is = new Surroundings(tree, folders, warnings);
  }

  /** Tells if there was more than is looked at. */
  get isFull(): boolean {
    return this.#left < 0;
  }

  /** Yields a step for each path below a directory that was moved, with a remark where it is worse off than before. */
  *remarksOn({ path: top, from, after: directory }: Change): Generator<Remark | undefined> {
    if (from === undefined || directory === undefined) return;
    for (const { path, inode } of walk(this.#tree, directory, top)) {
      this.#left -= 1;
      if (this.#left < 0) return;
      yield inode.type === "directory" || isTemporary(path)
        ? undefined
        : this.#remarkOn(path, from + path.slice(top.length), inode);
    }
  }

  #remarkOn(path: string, from: string, after: NonNullable<Change["after"]>): Remark | undefined {
    const warning = this.#is.warningOf({ path, after });
    if (warning === undefined) return undefined;
    const said = saidOf(path, warning);
    const old = this.#was.warningOf({ path: from, after });
    if (old?.reason === said.reason && saidOf(from, old).level === said.level) return undefined;
    const target = after.type === "symlink" ? { target: after.target } : {};
    return { rank: 0, path, ino: after.ino, ...target, ...said };
  }
}
