import type { Ino, Name } from "../../journal/index.ts";
import { type Directory, entriesIn, entryDifferences } from "../../src/fs/index.ts";
import { compareText } from "../../src/history/index.ts";

/** Names of directories in their byte order. From one moment to the next only the changes are sorted in. */
export interface TreeNames {
  sorted(directory: Directory): readonly Name[];
}

const mostDirectories = 256;

export function treeNames(): TreeNames {
  const known = new Map<
    Ino,
    { readonly entries: Directory["entries"]; readonly names: readonly Name[] }
  >();
  return {
    sorted({ ino, entries }) {
      const held = known.get(ino);
      if (held?.entries === entries) return held.names;
      const names =
        held === undefined
          ? [...entriesIn(entries)].map(([name]) => name).sort(compareText)
          : adjusted(held, entries);
      known.delete(ino);
      known.set(ino, { entries, names });
      if (known.size > mostDirectories)
        for (const oldest of known.keys()) {
          known.delete(oldest);
          break;
        }
      return names;
    },
  };
}

/** With more differences sorting anew is cheaper. */
const mostDifferences = 64;

function adjusted(
  held: { readonly entries: Directory["entries"]; readonly names: readonly Name[] },
  entries: Directory["entries"],
): readonly Name[] {
  const names = [...held.names];
  let count = 0;
  for (const [name, before, after] of entryDifferences(held.entries, entries)) {
    count += 1;
    if (count > mostDifferences)
      return [...entriesIn(entries)].map(([each]) => each).sort(compareText);
    const at = placeIn(names, name);
    if (before !== undefined && after === undefined) names.splice(at, 1);
    if (before === undefined && after !== undefined) names.splice(at, 0, name);
  }
  return names;
}

/** Returns the index of the first name that is not before `name`. */
export function placeIn(names: readonly Name[], name: Name): number {
  let low = 0;
  let high = names.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (compareText(names[middle] ?? "", name) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
