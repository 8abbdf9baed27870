import type { Ino, Name } from "../../../journal/index.ts";
import {
  type Directory,
  type Inode,
  type Tree,
  childOf,
  entriesIn,
  inodeOf,
} from "../../fs/index.ts";
import { type GitsOwn, gitsOwn, isRepositoryPart } from "./gits-own.ts";
import { leadsOut } from "./leads-out.ts";
import { isToolFolder, toolFileAt, toolFiles } from "./tool-files.ts";

/** Why a person should look at a path before any tool of the host does. */
export interface Warning {
  /** A few words that can follow "path: ". */
  readonly reason: string;
  /** Lower ranks should be looked at sooner. */
  readonly rank: number;
}

/** A path below a directory of a state, with its entry now and its entry before. */
export interface Arrival {
  readonly path: string;
  readonly before?: Inode | undefined;
  readonly after: Inode | undefined;
}

/**
 * Finds the warnings for paths that come to a directory `top` of a host. It looks through each directory of the state
 * once, however many paths lie below.
 */
export class Warnings {
  readonly #tree: Tree;
  readonly #top: Inode;
  /** Holds the answers for directories that were looked through. */
  readonly #gitsOwn = new Map<Ino, GitsOwn>();

  constructor(tree: Tree, top: Inode) {
    this.#tree = tree;
    this.#top = top;
  }

  /** Returns the warning for a path, if it needs one. */
  of({ path, before, after }: Arrival): Warning | undefined {
    if (after === undefined) return undefined;
    if (after.type === "symlink") {
      const above = path.split("/").slice(0, -1);
      const isOut = leadsOut(this.#tree, this.#top, above, after.target);
      const leads = isOut ? " that leads out of the folder" : "";
      if (before?.type === "directory") {
        return { reason: `a directory became a link${leads}`, rank: isOut ? -3 : -1 };
      }
      if (isOut) return { reason: `a link${leads}`, rank: -2 };
      if (isToolFolder(path) && toolFileAt(path) === undefined)
        return { reason: "tools look for their files by this link", rank: toolFiles.length };
    }
    if (after.type === "directory") return undefined;
    return toolFileAt(path) ?? this.#repositoryPartAt(path);
  }

  /** Returns the warning for a part of a repository whose own name does not tell. */
  #repositoryPartAt(path: string): Warning | undefined {
    let at: Inode | undefined = this.#top;
    // Entries in its hooks, or its objects, are as much part of it as those beside them.
    for (const name of path.split("/")) {
      if (at?.type !== "directory") return undefined;
      if (isRepositoryPart(name) && this.#isGits(at, name)) {
        return { reason: "git runs commands from a directory like this", rank: 0 };
      }
      const ino: Ino | undefined = childOf(this.#tree, at.ino, name as Name);
      at = ino === undefined ? undefined : inodeOf(this.#tree, ino);
    }
    return undefined;
  }

  #isGits({ ino, entries }: Directory, name: string): boolean {
    let isGits = this.#gitsOwn.get(ino);
    if (isGits === undefined) {
      isGits = gitsOwn(Array.from(entriesIn(entries), ([there]) => there));
      this.#gitsOwn.set(ino, isGits);
    }
    return isGits(name, "file") !== undefined;
  }
}
