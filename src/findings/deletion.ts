import type { Tree } from "../fs/index.ts";
import { type Change, lookup, walk } from "../history/index.ts";
import type { Remark } from "./changes.ts";
import { isTemporary } from "./temporary.ts";

/** Separates an edit from a deletion worth a look. */
const fewest = 20;
/** Share of all files that makes a deletion a loss. */
const share = 0.3;
/** Share of a file that is as good as nothing. */
const remnant = 0.1;
/** Bounds the count of files before the run. */
const mostCounted = 100_000;

/** Remarks on a run that removed or emptied a large part of all files, or left next to nothing of them. */
export function remarkOnDeletion(
  changes: readonly Change[],
  before: Tree,
): (Remark & { readonly ino: number }) | undefined {
  const gone = changes.filter(isLoss);
  const [first] = gone;
  if (gone.length < fewest || first?.before === undefined) return undefined;
  const there = filesIn(before);
  if (gone.length < there * share) return undefined;
  const of = there === mostCounted ? "" : ` of ${there}`;
  const paths = gone.map(({ path, from }) => from ?? path);
  return {
    rule: "mass-deletion",
    level: "high",
    path: commonFolder(paths),
    reason: `${gone.length}${of} files were removed or emptied`,
    rank: 0,
    ino: first.before.ino,
  };
}

/** Returns the innermost folder around all paths. */
function commonFolder([first = "", ...others]: readonly string[]): string {
  let names = first.split("/").slice(0, -1);
  for (const path of others) {
    const theirs = path.split("/").slice(0, -1);
    const end = names.findIndex((name, index) => name !== theirs[index]);
    if (end >= 0) names = names.slice(0, end);
  }
  return names.join("/") || "/";
}

function isLoss({ path, before, after }: Change): boolean {
  if (before?.type !== "file" || before.content.size === 0 || isTemporary(path)) return false;
  if (after === undefined) return true;
  return after.type === "file" && after.content.size < before.content.size * remnant;
}

function filesIn(tree: Tree): number {
  const root = lookup(tree, "/");
  if (root === undefined) return 0;
  let count = 0;
  for (const { inode, path } of walk(tree, root, "/")) {
    if (inode.type !== "file" || isTemporary(path)) continue;
    count += 1;
    if (count === mostCounted) break;
  }
  return count;
}
