import { type Ino, type Name, rootIno } from "../../../journal/index.ts";
import { type Inode, type Link, type Tree, childOf, entriesIn, inodeOf } from "../../fs/index.ts";
import { atOrBelow } from "./diff.ts";

/** An inode with its names within some subtrees: as the top of one, or below it. */
export interface Within {
  readonly inode: Inode;
  readonly tops: Link[];
  readonly below: Link[];
}

/** Adds everything at and below the inode to `into`; `top` is the entry that leads to it. */
export function collect(tree: Tree, ino: Ino, top: Link, into: Map<Ino, Within>): void {
  const rest = withinOf(tree, ino, into, (within) => within.tops.push(top));
  for (let directory = rest.pop(); directory !== undefined; directory = rest.pop()) {
    if (directory.type !== "directory") continue;
    for (const [name, child] of entriesIn(directory.entries)) {
      const link = { parent: directory.ino, name };
      rest.push(...withinOf(tree, child, into, (within) => within.below.push(link)));
    }
  }
}

function withinOf(
  tree: Tree,
  ino: Ino,
  into: Map<Ino, Within>,
  add: (within: Within) => void,
): Inode[] {
  const inode = inodeOf(tree, ino);
  if (inode === undefined) return [];
  const within = into.get(ino) ?? { inode, tops: [], below: [] };
  into.set(ino, within);
  add(within);
  return [inode];
}

/** Returns the entry at an absolute path, or undefined; follows no symlink. The root has no entry. */
export function entryAt(
  tree: Tree,
  path: string,
): { readonly ino: Ino; readonly link: Link } | undefined {
  let parent: Ino = rootIno;
  let found: { ino: Ino; link: Link } | undefined;
  for (const name of namesIn(path)) {
    const ino = childOf(tree, parent, name);
    if (ino === undefined) return undefined;
    found = { ino, link: { parent, name } };
    parent = ino;
  }
  return found;
}

export function namesIn(path: string): readonly Name[] {
  return path.split("/").filter((segment) => segment !== "") as Name[];
}

/** Returns the absolute path without empty, "." and ".." segments. */
export function normalize(path: string): string {
  const names: string[] = [];
  for (const segment of path.split("/")) {
    if (segment === "..") names.pop();
    else if (segment !== "" && segment !== ".") names.push(segment);
  }
  return `/${names.join("/")}`;
}

/** Returns the paths that are not below another one of them. */
export function outermost(paths: readonly string[]): readonly string[] {
  const isInside = atOrBelow(paths);
  return [...new Set(paths)]
    .filter((path) => path === "/" || !isInside(path.slice(0, path.lastIndexOf("/"))))
    .sort((left, right) => left.length - right.length);
}
