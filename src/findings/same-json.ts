import { isDeepStrictEqual } from "node:util";

import { type Inode, readContent } from "../fs/index.ts";
import { type Change, type ReadTape, unlessUnread } from "../history/index.ts";

/** Returns true if tools read the same in a JSON file as before, as after a formatter. */
export function sameJson({ path, before, after }: Change, readTape: ReadTape): boolean {
  if (!path.toLowerCase().endsWith(".json")) return false;
  const [was, is] = [textOf(before, readTape), textOf(after, readTape)];
  if (was === undefined || is === undefined) return false;
  try {
    const [old, now]: readonly unknown[] = [JSON.parse(was), JSON.parse(is)];
    if (keysOf(now) !== keysIn(is)) return false;
    const isPackage = /\/package\.json$/i.test(path);
    return isPackage
      ? isDeepStrictEqual(withoutInert(old), withoutInert(now))
      : isDeepStrictEqual(old, now);
  } catch {
    return false;
  }
}

const mostBytes = 1024 * 1024;

function textOf(inode: Inode | undefined, readTape: ReadTape): string | undefined {
  if (inode?.type !== "file" || inode.content.size > mostBytes) return undefined;
  const { content } = inode;
  return unlessUnread(
    () => new TextDecoder().decode(readContent(content, 0, mostBytes, readTape)),
    undefined,
  );
}

/** Lists the fields of a package that no tool acts on. */
const inert: ReadonlySet<string> = new Set([
  "author",
  "bugs",
  "contributors",
  "description",
  "funding",
  "homepage",
  "keywords",
  "license",
  "repository",
  "version",
]);

function withoutInert(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  return new Map(Object.entries(value).filter(([key]) => !inert.has(key)));
}

/** Counts the keys in a value, at any depth. */
function keysOf(value: unknown): number {
  if (typeof value !== "object" || value === null) return 0;
  const values: readonly unknown[] = Object.values(value);
  const own = Array.isArray(value) ? 0 : values.length;
  return values.reduce<number>((sum, one) => sum + keysOf(one), own);
}

/** Counts the keys in a text. A key that stands there twice, which parsers read in different ways, makes them more than the value has. */
function keysIn(text: string): number {
  let count = 0;
  for (const [, colon] of text.matchAll(/"(?:[^"\\]|\\.)*"(\s*:)?/g))
    if (colon !== undefined) count += 1;
  return count;
}
