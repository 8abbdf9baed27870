import { type Listed, ListWriter } from "../../../journal/index.ts";

/** Returns the bytes of a list with these entries, without its seal. `top` is the number of those of the folder itself. */
export function listOf(top: number, entries: readonly Listed[]): Buffer {
  const list = new ListWriter();
  for (const entry of entries) {
    if (entry.type === "link") list.link(entry.name, entry.to);
    else if (entry.type === "symlink") list.symlink(entry);
    else if (entry.type === "directory") {
      list.directory(entry);
      list.children(entry.children);
    } else {
      const stamp = Buffer.alloc(32);
      for (const [index, value] of [entry.mtime, entry.atime, entry.ctime, entry.ino].entries())
        stamp.writeBigUInt64LE(value, 8 * index);
      list.file(entry.name, entry, stamp, 0);
    }
  }
  return list.list(top);
}
