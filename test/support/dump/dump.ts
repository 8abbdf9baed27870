import type { Ino, Journal } from "../../../journal/index.ts";
import type { Inode, Tree } from "../../../src/fs/index.ts";
import { lookup, readRange, tapeOf, walk } from "../../../src/history/index.ts";

/**
 * Lists everything below a directory, one line a path: type, content or target, further names, and the time of
 * modification to the microsecond. Trees with equal lines differ only in inode numbers.
 */
export function dump(tree: Tree, journal: Pick<Journal, "readTape">, path: string): string[] {
  const top = lookup(tree, path);
  if (top === undefined) return [];
  const first = new Map<Ino, string>();
  return [...walk(tree, top, "")].map((visit) => {
    const { inode } = visit;
    const known = first.get(inode.ino);
    if (known === undefined) first.set(inode.ino, visit.path);
    const body = known === undefined ? bodyOf(inode, journal) : `as ${JSON.stringify(known)}`;
    return `${JSON.stringify(visit.path)} ${inode.type} ${body} ${inode.mtime / 1_000n}`;
  });
}

function bodyOf(inode: Inode, journal: Pick<Journal, "readTape">): string {
  switch (inode.type) {
    case "directory":
      return "";
    case "fifo":
    case "socket":
      return "";
    case "symlink":
      return `-> ${JSON.stringify(inode.target)}`;
    case "file": {
      const bytes = readRange(inode, tapeOf(journal));
      return `${bytes.length} ${Buffer.from(bytes).toString("base64").slice(0, 200)} ${sum(bytes)}`;
    }
  }
}

function sum(bytes: Uint8Array): number {
  let total = 0;
  for (const [index, byte] of bytes.entries()) total = (total * 31 + byte + index) % 1_000_003;
  return total;
}
