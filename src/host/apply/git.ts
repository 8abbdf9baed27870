import type { Name } from "../../../journal/index.ts";
import { type ChangedEntry, type Side, nothingThere } from "../versions/plan.ts";
import type { HostDirectory } from "../disk/directory.ts";
import { type Skip, errnoOf } from "../disk/error.ts";
import { targetOf } from "./check.ts";
import { gitsOwn, isRepositoryPart } from "../disk/gits-own.ts";
import { nameProblem } from "../disk/host-name.ts";

interface Where {
  readonly host: HostDirectory;
  /** The directory's two versions in the filesystem. */
  readonly before: Side;
  readonly after: Side;
}

/**
 * Separates entries that git takes for its own from the others, and reports them by their paths below the host's
 * directory.
 */
export function withoutGit(
  changed: readonly ChangedEntry[],
  where: Where,
): { readonly entries: ChangedEntry[]; readonly left: Skip[] } {
  const left: Skip[] = [];
  const entries = keep(changed, where, []);
  return { entries, left };

  function keep(
    among: readonly ChangedEntry[],
    { host, before, after }: Where,
    above: readonly Name[],
  ): ChangedEntry[] {
    if (among.length === 0) return [];
    // Parts of a repository may come one by one, and some may be on the host only.
    const there = among.some(({ name }) => isRepositoryPart(name)) ? namesOnHost(host, above) : [];
    // A directory's entries are asked for once, as each answer goes through all of them.
    const [was, is] = [before.entries("/"), after.entries("/")];
    const problemOf = gitsOwn([...was.keys(), ...is.keys(), ...there]);
    return among.flatMap((entry): ChangedEntry[] => {
      const { name } = entry;
      const reason = problemOf(name, (entry.after ?? entry.before)?.type ?? "file");
      if (reason !== undefined) {
        left.push({ path: [...above, name].join("/"), reason, ...targetOf(entry.after) });
        return [];
      }
      if (nameProblem(name) !== undefined) return [entry];
      const sides = { before: was.get(name) ?? nothingThere, after: is.get(name) ?? nothingThere };
      const inside = keep(entry.entries, { host, ...sides }, [...above, name]);
      const isEmptied = entry.change === "within" && inside.length === 0;
      return isEmptied ? [] : [{ ...entry, entries: inside }];
    });
  }
}

/** Returns the names in a directory below the host's; none if there is no such directory. */
function namesOnHost(host: HostDirectory, path: readonly Name[]): string[] {
  const opened: HostDirectory[] = [];
  try {
    for (const name of path) opened.push((opened.at(-1) ?? host).child(name));
    return (opened.at(-1) ?? host).list().names;
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return [];
  } finally {
    for (const directory of opened) directory.close();
  }
}
