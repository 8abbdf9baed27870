import type { Journal } from "../../../journal/index.ts";
import type { Tree } from "../../fs/index.ts";
import { type Change, lookup } from "../../history/index.ts";
import { warningOf } from "../../host/index.ts";
import type { Context } from "../command/context.ts";
import { type Warned, tellWarnings } from "../asking/warnings.ts";

/**
 * Warns of a run's changes to files that tools act on, and of links out of the folder imported there, or out of the
 * whole filesystem. `tree` is the state after the run.
 */
export function tellRunWarnings(
  context: Context,
  tree: Tree,
  journal: Journal,
  changes: readonly Change[],
): void {
  const imports = journal.runs().flatMap(({ start }) => {
    const [host, guest] = start.cause === "import" ? start.args : [];
    return host === undefined || guest === undefined ? [] : [{ host, guest }];
  });
  const folders = imports.flatMap(({ guest }) => (guest === "/" ? [] : [guest]));
  const warnings = changes.flatMap(({ path, before, after }): Warned[] => {
    const above = folders.filter((folder) => path.startsWith(`${folder}/`));
    const folder = above.reduce((one, other) => (one.length > other.length ? one : other), "");
    const top = lookup(tree, folder);
    if (top === undefined) return [];
    const warning = warningOf(tree, top, { path: path.slice(folder.length + 1), before, after });
    const target = after?.type === "symlink" ? { target: after.target } : {};
    return warning === undefined ? [] : [{ ...warning, path, ...target }];
  });
  const host = imports.at(-1)?.host;
  const listing =
    host === undefined ? "rewindfs diff --name-only" : `rewindfs apply ${host} --dry-run`;
  tellWarnings(context, warnings, listing);
}
