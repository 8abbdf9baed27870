import type { Ino, Name } from "../../../journal/index.ts";
import {
  type Directory,
  type Inode,
  type Tree,
  childOf,
  entriesIn,
  inodeOf,
} from "../../fs/index.ts";
import { gitsOwn, isRepositoryPart } from "./gits-own.ts";
import { leadsOut } from "./leads-out.ts";
import { toolFileAt } from "./tool-files.ts";

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

/** Returns the warning for a path that comes to a host, if it needs one; `top` is the directory it comes to. */
export function warningOf(
  tree: Tree,
  top: Inode,
  { path, before, after }: Arrival,
): Warning | undefined {
  if (after === undefined) return undefined;
  if (after.type === "symlink") {
    const above = path.split("/").slice(0, -1);
    const leads = leadsOut(tree, top, above, after.target) ? " that leads out of the folder" : "";
    if (before?.type === "directory") {
      return { reason: `a directory became a link${leads}`, rank: leads === "" ? -1 : -3 };
    }
    if (leads !== "") return { reason: `a link${leads}`, rank: -2 };
  }
  if (after.type === "directory") return undefined;
  return toolFileAt(path) ?? repositoryPartAt(tree, top, path);
}

/** Returns the warning for a part of a repository whose own name does not tell. */
function repositoryPartAt(tree: Tree, top: Inode, path: string): Warning | undefined {
  const names = path.split("/");
  // Entries in its hooks, or its objects, are as much part of it as those beside them.
  for (const [depth, name] of names.entries()) {
    if (!isRepositoryPart(name)) continue;
    const directory = directoryAt(tree, top, names.slice(0, depth));
    if (directory === undefined) return undefined;
    const namesThere = Array.from(entriesIn(directory.entries), ([there]) => there);
    if (gitsOwn(namesThere)(name, "file") !== undefined) {
      return { reason: "git runs commands from a directory like this", rank: 0 };
    }
  }
  return undefined;
}

function directoryAt(tree: Tree, top: Inode, names: readonly string[]): Directory | undefined {
  let at: Inode | undefined = top;
  for (const name of names) {
    const ino: Ino | undefined = at === undefined ? undefined : childOf(tree, at.ino, name as Name);
    at = ino === undefined ? undefined : inodeOf(tree, ino);
  }
  return at?.type === "directory" ? at : undefined;
}
