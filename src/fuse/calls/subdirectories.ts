import type { Ino } from "../../../journal/index.ts";
import { type Command, type Tree, childOf, entriesIn, inodeOf } from "../../fs/index.ts";
import type { Directory } from "../protocol/attributes.ts";

/** Numbers of directories in directories. The kernel asks for them after each change, so that they are kept. */
export class Subdirectories {
  readonly #counts = new Map<Ino, number>();
  #tree: Tree | undefined;

  /** Returns the number of directories in one of a tree; all that was kept of another tree is forgotten. */
  of(tree: Tree, directory: Directory): number {
    if (tree !== this.#tree) this.#counts.clear();
    this.#tree = tree;
    const kept = this.#counts.get(directory.ino);
    if (kept !== undefined) return kept;
    let count = 0;
    for (const [, ino] of entriesIn(directory.entries))
      if (inodeOf(tree, ino)?.type === "directory") count += 1;
    this.#counts.set(directory.ino, count);
    return count;
  }

  /** Takes note of a change that was made to the tree. */
  changed(command: Command): void {
    const { kind } = command;
    if (kind === "mkdir") return this.#add(command.parent, 1);
    if (kind === "rmdir") return this.#add(command.parent, -1);
    if ((kind !== "rename" && kind !== "exchange") || this.#tree === undefined) return;
    const moved = childOf(this.#tree, command.toParent, command.toName);
    const isMoved = moved !== undefined && inodeOf(this.#tree, moved)?.type === "directory";
    if (kind === "rename" && !isMoved) return;
    this.#counts.delete(command.parent);
    this.#counts.delete(command.toParent);
  }

  #add(parent: Ino, by: number): void {
    const kept = this.#counts.get(parent);
    if (kept !== undefined) this.#counts.set(parent, kept + by);
  }
}
