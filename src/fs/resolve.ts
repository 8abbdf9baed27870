import type { Ino, Name } from "../../journal/index.ts";
import { FsError } from "./limits/error.ts";
import type { Limits } from "./limits/limits.ts";
import { utf8Length } from "./tree/text-bytes.ts";
import { type Tree, childOf, inodeOf } from "./tree/tree.ts";

/**
 * The result of resolving a path. `slash` says that the path ended in a slash, so that only a directory is acceptable.
 */
export type Place =
  | {
      readonly at: "entry";
      readonly parent: Ino;
      readonly name: Name;
      readonly ino: Ino | undefined;
      readonly slash: boolean;
    }
  /** The path ended in "." or "..": it names a directory, but no entry. */
  | { readonly at: "directory"; readonly ino: Ino; readonly last: "." | ".." };

/**
 * Resolves a guest's path from a descriptor's directory without leaving that directory: docs/wasi.md, "Paths". Always
 * follows symlinks in the middle, and one at the end only with "follow"; then a dangling link resolves to the entry
 * that it names. Throws FsError.
 */
export function resolve(
  tree: Tree,
  limits: Limits,
  base: Ino,
  path: string,
  finalLink: "follow" | "keep",
): Place {
  if (inodeOf(tree, base)?.type !== "directory") throw new FsError("not-directory", path);
  checkPath(path, limits);

  // The segments to go, the next one last; a link's target is pushed on top.
  const rest = segmentsOf(path);
  let slash = path.endsWith("/");
  let links = 0;
  let at = base;
  let place: Place = { at: "directory", ino: base, last: "." };

  for (let segment = rest.pop(); segment !== undefined; segment = rest.pop()) {
    if (inodeOf(tree, at)?.type !== "directory") throw new FsError("not-directory", path);
    if (segment === "." || segment === "..") {
      if (segment === "..") at = parentWithin(tree, base, at, path);
      place = { at: "directory", ino: at, last: segment };
      continue;
    }
    const name = nameIn(segment, path, limits);
    const ino = childOf(tree, at, name);
    const isLast = rest.length === 0;
    const inode = ino === undefined ? undefined : inodeOf(tree, ino);
    if (inode?.type === "symlink" && !(isLast && finalLink === "keep")) {
      links += 1;
      if (links > limits["link-depth"]) throw new FsError("loop", path, "link-depth");
      if (inode.target.startsWith("/")) throw new FsError("not-permitted", path);
      if (isLast && inode.target.endsWith("/")) slash = true;
      rest.push(...segmentsOf(inode.target));
      place = { at: "directory", ino: at, last: "." };
      continue;
    }
    place = { at: "entry", parent: at, name, ino, slash };
    if (isLast) return place;
    if (ino === undefined) throw new FsError("no-entry", path);
    at = ino;
  }
  return place;
}

/** Splits a path at its slashes; the last segment comes first. */
function segmentsOf(path: string): string[] {
  const segments: string[] = [];
  for (let end = path.length; end > 0;) {
    const slash = path.lastIndexOf("/", end - 1);
    if (slash < end - 1) segments.push(path.slice(slash + 1, end));
    end = slash;
  }
  return segments;
}

/** Checks the name of a new entry. Throws FsError name-too-long or invalid. */
export function nameIn(segment: string, path: string, limits: Limits): Name {
  if (segment.length * 3 > limits["name-bytes"] && utf8Length(segment) > limits["name-bytes"]) {
    throw new FsError("name-too-long", path, "name-bytes");
  }
  return segment as Name;
}

function checkPath(path: string, limits: Limits): void {
  if (path === "") throw new FsError("no-entry", path);
  if (path.includes("\0") || !path.isWellFormed()) throw new FsError("invalid", path);
  if (path.startsWith("/")) throw new FsError("not-permitted", path);
  checkLength(path, limits);
}

export function checkLength(path: string, limits: Limits): void {
  if (path.length * 3 > limits["path-bytes"] && utf8Length(path) > limits["path-bytes"]) {
    throw new FsError("name-too-long", path, "path-bytes");
  }
}

function parentWithin(tree: Tree, base: Ino, at: Ino, path: string): Ino {
  if (at === base) throw new FsError("not-permitted", path);
  const parent = inodeOf(tree, at)?.names[0]?.parent;
  if (parent === undefined) throw new FsError("no-entry", path);
  return parent;
}
