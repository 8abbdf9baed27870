import { isDeepStrictEqual } from "node:util";

import { type Inode, readContent } from "../fs/index.ts";
import type { Change, ReadTape } from "../history/index.ts";

/** Tells whether a JSON file means what it meant, however it is laid out now: a formatter was at it. */
export function sameJson({ path, before, after }: Change, readTape: ReadTape): boolean {
  if (!path.toLowerCase().endsWith(".json")) return false;
  const [was, is] = [textOf(before, readTape), textOf(after, readTape)];
  if (was === undefined || is === undefined) return false;
  // A key that stands there twice means one thing to this parser and another to others.
  if (inkOf(was) !== inkOf(is)) return false;
  try {
    return isDeepStrictEqual(JSON.parse(was), JSON.parse(is));
  } catch {
    return false;
  }
}

/** How many characters are no blanks. */
function inkOf(text: string): number {
  return text.replaceAll(/\s+/g, "").length;
}

const mostBytes = 1024 * 1024;

function textOf(inode: Inode | undefined, readTape: ReadTape): string | undefined {
  if (inode?.type !== "file" || inode.content.size > mostBytes) return undefined;
  return new TextDecoder().decode(readContent(inode.content, 0, mostBytes, readTape));
}
