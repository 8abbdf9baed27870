import type { ChangedEntry } from "../versions/plan.ts";

/** The changes that are asked for, and the paths of all others: each stands for everything below it. */
export interface Selected {
  readonly entries: ChangedEntry[];
  readonly others: string[];
}

/** Counts the changes at some paths, and at all below them, as a plan would list them. */
export function countAt(
  entries: readonly ChangedEntry[],
  tops: ReadonlySet<string>,
  above = "",
  isIn = false,
): number {
  let count = 0;
  for (const { name, change, entries: inside } of entries) {
    const path = `${above}${name}`;
    const isCounted = isIn || tops.has(path);
    if (isCounted && change !== "within") count += 1;
    count += countAt(inside, tops, `${path}/`, isCounted);
  }
  return count;
}

/** Takes the changes at paths that `selects` accepts. A change in a new directory needs that directory. */
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
      // The directory comes for the entries in it.
      chosen.push({ ...entry, entries: inside.entries });
      others.push(...inside.others);
    } else {
      // The directory stays for the entries left in it.
      chosen.push({ ...entry, change: "within", entries: inside.entries });
      others.push(...inside.others);
    }
  }
  return { entries: chosen, others };
}
