import { type Inode, isSpecial } from "../../fs/index.ts";
import type { Style } from "../../text/index.ts";

/** Returns the style of the name of a directory, a symlink, a named pipe or a socket. */
export function styleOfEntry(inode: Inode | undefined): Style | undefined {
  if (inode?.type === "directory") return "directory";
  if (inode !== undefined && isSpecial(inode)) return "dim";
  return inode?.type === "symlink" ? "link" : undefined;
}
