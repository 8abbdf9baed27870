import type { Inode, Tree } from "../fs/index.ts";
import { leadsOut } from "./leads-out.ts";
import { toolFileAt } from "./tool-files.ts";

/** Why a person should look at a path before anything on the host does. */
export interface Warning {
  /** A few words that can follow "path: ". */
  readonly reason: string;
  /** The lower the sooner to be looked at. */
  readonly rank: number;
}

/** A path below a directory of a state, with what stands there and what stood there before. */
export interface Arrival {
  readonly path: string;
  readonly before?: Inode | undefined;
  readonly after: Inode | undefined;
}

/** What is to be said of a path that comes to a host, where `top` is the directory that it comes to; undefined for most. */
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
  return after.type === "directory" ? undefined : toolFileAt(path);
}
