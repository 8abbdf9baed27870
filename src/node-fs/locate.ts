import { type Ino, type Name, parseName, rootIno } from "../../journal/index.ts";
import { FsError, type Inode, type Tree, childOf, inodeOf, utf8Length } from "../fs/index.ts";

/** The end of a path: an entry of a directory, which may not be there, or the root, which is no entry. */
export interface Place {
  /** The directory and the name in it; undefined for the root, "." and "..". */
  readonly entry: { readonly parent: Ino; readonly name: Name } | undefined;
  readonly inode: Inode | undefined;
  /** The path ends in a slash: only a directory will do. */
  readonly slash: boolean;
}

/** Most symlinks that one path may lead through, as on Linux. */
const mostLinks = 40;
/** Most bytes of a path, and of a name in it, as on Linux. */
const longestPath = 4_095;
const longestName = 255;

/**
 * Resolves a path from the root as the kernel does for a process whose root and working directory are that root:
 * absolute targets of symlinks begin there, and ".." of the root is the root. With "follow" a dangling link at the end
 * leads to the entry that it names. Throws FsError.
 */
export function locate(tree: Tree, path: string, finalLink: "follow" | "keep"): Place {
  if (path === "") throw new FsError("no-entry", path);
  if (utf8Length(path) > longestPath) throw new FsError("name-too-long", path);
  // The segments to go, the next one last; a link's target is pushed on top.
  const rest = segmentsOf(path);
  let slash = path.endsWith("/");
  let links = 0;
  let at = rootIno;
  let entry: Place["entry"];
  for (let segment = rest.pop(); segment !== undefined; segment = rest.pop()) {
    if (inodeOf(tree, at)?.type !== "directory") throw new FsError("not-directory", path);
    if (segment === "." || segment === "..") {
      if (segment === "..") at = inodeOf(tree, at)?.names[0]?.parent ?? rootIno;
      entry = undefined;
      continue;
    }
    const name = nameOf(segment, path);
    const ino = childOf(tree, at, name);
    const inode = ino === undefined ? undefined : inodeOf(tree, ino);
    const isLast = rest.length === 0;
    if (inode?.type === "symlink" && !(isLast && finalLink === "keep" && !slash)) {
      links += 1;
      if (links > mostLinks) throw new FsError("loop", path);
      if (inode.target === "") throw new FsError("no-entry", path);
      if (isLast && inode.target.endsWith("/")) slash = true;
      if (inode.target.startsWith("/")) at = rootIno;
      rest.push(...segmentsOf(inode.target));
      entry = undefined;
      continue;
    }
    entry = { parent: at, name };
    if (inode === undefined) {
      if (!isLast) throw new FsError("no-entry", path);
      return { entry, inode, slash };
    }
    at = inode.ino;
  }
  return { entry, inode: inodeOf(tree, at), slash };
}

/** Resolves a path to what is there. Throws FsError. */
export function placeAt(
  tree: Tree,
  path: string,
  finalLink: "follow" | "keep",
): Place & { readonly inode: Inode } {
  const { entry, inode, slash } = locate(tree, path, finalLink);
  if (inode === undefined) throw new FsError("no-entry", path);
  if (slash && inode.type !== "directory") throw new FsError("not-directory", path);
  return { entry, inode, slash };
}

/** Resolves a path to the inode that is there. Throws FsError. */
export function inodeAt(tree: Tree, path: string, finalLink: "follow" | "keep"): Inode {
  return placeAt(tree, path, finalLink).inode;
}

/** Returns a path without the slashes at its end; the root stays as it is. */
export function withoutSlashes(path: string): string {
  let end = path.length;
  while (end > 1 && path[end - 1] === "/") end -= 1;
  return path.slice(0, end);
}

/** Splits a path at its slashes; the last segment comes first. */
function segmentsOf(path: string): string[] {
  return path
    .split("/")
    .filter((segment) => segment !== "")
    .reverse();
}

function nameOf(segment: string, path: string): Name {
  if (utf8Length(segment) > longestName) throw new FsError("name-too-long", path);
  const name = parseName(segment);
  if (name === undefined) throw new FsError("invalid", path);
  return name;
}
