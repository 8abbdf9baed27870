import type { Inode, Tree } from "../../fs/index.ts";
import { type Counting, walk } from "../../history/index.ts";
import { type Warning, Warnings } from "../../host/index.ts";
import { line, printable, printableName, words } from "../../text/index.ts";
import type { Context } from "../command/context.ts";

/** A path with its warning; `target` if it is a link. */
export interface Warned extends Warning {
  readonly path: string;
  readonly target?: string;
}

const mostTold = 5;

/**
 * Lists on stderr what a person should look at before any tool of the host does: the worst first, and a line for each
 * reason. `listing` is the command that lists all.
 */
export function tellWarnings(context: Context, warnings: readonly Warned[], listing: string): void {
  const ranked = warnings.toSorted((left, right) => left.rank - right.rank);
  const groups = [...Map.groupBy(ranked, ({ reason }) => reason).values()];
  for (const group of groups.slice(0, mostTold)) tellGroup(context, group);
  const more = groups.slice(mostTold).reduce((sum, group) => sum + group.length, 0);
  const rest = printable(`${listing} lists all`);
  if (more > 0)
    context.talk.line(line`! … and ${more} more that tools act on by themselves: ${rest}`);
}

function tellGroup({ talk, glyphs }: Context, [first, ...others]: readonly Warned[]): void {
  if (first === undefined) return;
  const { path, target, reason } = first;
  const link = target === undefined ? words("") : line` ${glyphs.arrow} ${printableName(target)}`;
  const more = others.length === 0 ? words("") : line` and ${others.length} more`;
  const sign = talk.paint("refused", words("!"));
  talk.line(line`${sign} ${printableName(path)}${link}${more}: ${printable(reason)}`);
}

/**
 * Returns the warnings for everything below a directory whose path is `base`, except for skipped paths, and the user's
 * own.
 */
export function warningsIn(
  tree: Tree,
  top: Inode,
  base: string,
  leftOut: ReadonlySet<string>,
  isOwn: (path: string, inode: Inode) => boolean,
): Warned[] {
  const prefix = base === "/" ? "/" : `${base}/`;
  const counting: Counting = (_, above) => (entry) =>
    !leftOut.has(above === "/" ? `/${entry.name}` : `${above}/${entry.name}`);
  const warnings: Warned[] = [];
  const found = new Warnings(tree, top);
  for (const { path, inode } of walk(tree, top, base, { counting })) {
    if (inode.type === "directory") continue;
    const warning = found.of({ path: path.slice(prefix.length), after: inode });
    const target = inode.type === "symlink" ? { target: inode.target } : {};
    if (warning !== undefined && !isOwn(path, inode))
      warnings.push({ ...warning, path, ...target });
  }
  return warnings;
}
