import type { Ino } from "../../../journal/index.ts";
import type { Inode } from "../../fs/index.ts";
import { type Change, type ReadTape, compareText } from "../../history/index.ts";
import type { Verdict } from "./check.ts";
import { type ChangedEntry, holdsSame } from "../versions/plan.ts";
import { joinPath } from "../versions/moments.ts";

/** A name that came, went or now holds something else. */
interface Place {
  readonly path: string;
  readonly before: Inode | undefined;
  readonly after: Inode | undefined;
}

/**
 * Returns the changes of a plan as `diff` lists them, in the byte order of their paths; changes that the host already
 * has are omitted.
 */
export function changesOf(
  entries: readonly ChangedEntry[],
  verdicts: ReadonlyMap<ChangedEntry, Verdict>,
  guest: string,
  readTape: ReadTape,
): Change[] {
  const places = [...placesIn(entries, verdicts, guest)];
  const gone = new Map<Ino, Place & { readonly before: Inode }>();
  for (const place of places) {
    const { before, after } = place;
    if (before !== undefined && after === undefined) gone.set(before.ino, { ...place, before });
  }
  const moved = new Set<Place>();
  const changes = places.flatMap((place): Change[] => {
    const { path, before, after } = place;
    if (after === undefined) return [];
    const from = before === undefined ? gone.get(after.ino) : undefined;
    if (from === undefined || from.before.type !== after.type)
      return [changeOf(path, before, after)];
    gone.delete(after.ino);
    moved.add(from);
    const content = holdsSame(from.before, after, readTape) ? "same" : "changed";
    return [{ path, change: "renamed", from: from.path, before: from.before, after, content }];
  });
  const lost = [...gone.values()].map(({ path, before }): Change => ({
    path,
    change: "removed",
    before,
    content: "changed",
  }));
  return [...changes, ...lost].sort((one, other) => compareText(one.path, other.path));
}

function* placesIn(
  entries: readonly ChangedEntry[],
  verdicts: ReadonlyMap<ChangedEntry, Verdict>,
  above: string,
): Generator<Place> {
  for (const entry of entries) {
    const { name, before, after, change } = entry;
    const path = joinPath(above, name);
    const isDone = verdicts.get(entry) === "already";
    if (change !== "within" && change !== "times" && !isDone) yield { path, before, after };
    if (!isDone || after !== undefined) yield* placesIn(entry.entries, verdicts, path);
  }
}

function changeOf(path: string, before: Inode | undefined, after: Inode): Change {
  if (before === undefined) return { path, change: "added", after, content: "changed" };
  const change = before.type === after.type ? "modified" : "type-changed";
  return { path, change, before, after, content: "changed" };
}
