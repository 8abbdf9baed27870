import type { Inode } from "../../fs/index.ts";
import type { Style } from "../../text/index.ts";

/** Returns the style of the name of a directory or a symlink. */
export function styleOfEntry(inode: Inode | undefined): Style | undefined {
  if (inode?.type === "directory") return "directory";
  return inode?.type === "symlink" ? "link" : undefined;
}
