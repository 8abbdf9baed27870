import type { HostDirectory } from "../disk/directory.ts";
import { HostError, errnoOf } from "../disk/error.ts";
import { Excludes } from "../exclude/exclude.ts";
import type { ChangedEntry } from "../versions/plan.ts";

/**
 * Returns the paths, below the host's directory, that come to it although git ignores them there or .rewindignore names
 * them.
 */
export function ignoredIn(
  host: HostDirectory,
  real: string,
  entries: readonly ChangedEntry[],
): ReadonlySet<string> {
  const found = new Set<string>();
  try {
    const excludes = new Excludes(real, { ignored: "leave", rules: [] });
    find(excludes, host, entries, "", found);
  } catch (error) {
    // A note is not worth rules that would take too long.
    if (!(error instanceof HostError) || error.code !== "limit") throw error;
  }
  return found;
}

function find(
  excludes: Excludes,
  host: HostDirectory | undefined,
  entries: readonly ChangedEntry[],
  above: string,
  found: Set<string>,
): void {
  for (const { name, after, entries: inside } of entries) {
    if (after === undefined) continue;
    const path = `${above}${name}`;
    const type = after.type === "directory" ? "directory" : "other";
    if (excludes.by(host, path, type) !== undefined) addAll({ path, inside }, found);
    else if (inside.length > 0) {
      const child = childOf(host, name);
      try {
        find(excludes, child, inside, `${path}/`, found);
      } finally {
        child?.close();
      }
    }
  }
}

function addAll(
  { path, inside }: { readonly path: string; readonly inside: readonly ChangedEntry[] },
  found: Set<string>,
): void {
  found.add(path);
  for (const { name, entries } of inside)
    addAll({ path: `${path}/${name}`, inside: entries }, found);
}

/** Opens a directory; one that is missing holds no rules. */
function childOf(host: HostDirectory | undefined, name: string): HostDirectory | undefined {
  try {
    return host?.child(name);
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return undefined;
  }
}
