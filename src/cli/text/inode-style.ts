import type { Inode } from "../../fs/index.ts";
import type { Style } from "../../text/index.ts";

/** How the name of a directory or a symlink is set off from files. */
export function styleOfEntry(inode: Inode | undefined): Style | undefined {
  if (inode?.type === "directory") return "directory";
  return inode?.type === "symlink" ? "link" : undefined;
}
