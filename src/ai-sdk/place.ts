import { relative, resolve, sep } from "node:path";

/**
 * Returns where a path of a sandbox is in the filesystem, from its root, which stands in the place of `folder`;
 * undefined for one that leads elsewhere.
 */
export function placeIn(folder: string, path: string): string | undefined {
  const below = relative(folder, resolve(folder, path));
  if (below.split(sep)[0] === "..") return undefined;
  return `/${below}`;
}
