import type { Name } from "../../../journal/index.ts";
import { type Inode, type Tree, childOf, inodeOf } from "../../fs/index.ts";

const mostLinks = 40;

/**
 * Tells if a symlink would lead out of the directory `top`, once that is on a host: its target is absolute, or goes
 * above `top` by itself or through other links of the tree. `above` names the directories from `top` down to the
 * link's.
 */
export function leadsOut(
  tree: Tree,
  top: Inode,
  above: readonly string[],
  target: string,
): boolean {
  if (target.startsWith("/")) return true;
  const at: (Inode | undefined)[] = [top];
  const rest = [...above, ...target.split("/")].reverse();
  let links = 0;
  for (let name = rest.pop(); name !== undefined; name = rest.pop()) {
    if (name === "" || name === ".") continue;
    if (name === "..") {
      at.pop();
      if (at.length === 0) return true;
      continue;
    }
    const inode = entryOf(tree, at.at(-1), name);
    if (inode?.type !== "symlink") {
      at.push(inode);
      continue;
    }
    links += 1;
    if (inode.target.startsWith("/")) return true;
    if (links > mostLinks) return false;
    rest.push(...inode.target.split("/").reverse());
  }
  return false;
}

/** Returns the inode of that name; undefined also for entries that only the host may have. */
function entryOf(tree: Tree, directory: Inode | undefined, name: string): Inode | undefined {
  if (directory?.type !== "directory") return undefined;
  const ino = childOf(tree, directory.ino, name as Name);
  return ino === undefined ? undefined : inodeOf(tree, ino);
}
