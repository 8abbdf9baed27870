import type { ChangedEntry } from "../versions/plan.ts";

/** What of the changes is asked for, and the paths of the rest: each stands for all below it. */
export interface Selected {
  readonly entries: ChangedEntry[];
  readonly others: string[];
}

/** Takes the changes at paths that `selects` tells of. What comes in a directory needs that directory. */
export function selectEntries(
  entries: readonly ChangedEntry[],
  selects: (path: string, entry: ChangedEntry) => boolean,
  above = "",
): Selected {
  const chosen: ChangedEntry[] = [];
  const others: string[] = [];
  for (const entry of entries) {
    const path = `${above}${entry.name}`;
    const inside = selectEntries(entry.entries, selects, `${path}/`);
    const isWhole = inside.others.length === 0;
    const isAsked =
      selects(path, entry) || (entry.change === "within" && inside.entries.length > 0);
    if (isAsked && isWhole) chosen.push(entry);
    else if (inside.entries.length === 0 || entry.change === "type-changed") {
      others.push(path);
    } else if (entry.change === "added") {
      // It comes for what is in it.
      chosen.push({ ...entry, entries: inside.entries });
      others.push(...inside.others);
    } else {
      // It stays for what is left in it.
      chosen.push({ ...entry, change: "within", entries: inside.entries });
      others.push(...inside.others);
    }
  }
  return { entries: chosen, others };
}
