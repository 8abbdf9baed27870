import { type Journal, type Seq, deletedMark } from "../../../journal/index.ts";

/** A name of a moment, and the seq of the event that it follows. */
export interface Mark {
  readonly name: string;
  readonly at: Seq;
}

/** Returns the latest mark of each name, without deleted ones, sorted by moment. */
export function latestMarks(journal: Journal): Mark[] {
  const byName = new Map<string, Seq>();
  for (const { name, at } of journal.marks()) {
    const deleted = deletedMark(name);
    if (deleted === undefined) byName.set(name, at);
    else byName.delete(deleted);
  }
  return [...byName]
    .map(([name, at]) => ({ name, at }))
    .toSorted((one, other) => one.at - other.at);
}
