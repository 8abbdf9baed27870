import type { ReadTape } from "./content.ts";
import type { Inode } from "./tree.ts";

/** Reads the value of an attribute of an inode; undefined if it has none of that name. */
export function valueOf(inode: Inode, name: string, readTape: ReadTape): Uint8Array | undefined {
  if (inode.type !== "file" && inode.type !== "directory") return undefined;
  const value = inode.xattrs?.get(name);
  if (value === undefined) return undefined;
  const bytes = new Uint8Array(value.length);
  if (value.length > 0) readTape(value.tape, value.length, bytes);
  return bytes;
}
