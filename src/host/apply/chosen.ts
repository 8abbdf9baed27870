import type { Inode } from "../../fs/index.ts";
import type { ReadTape } from "../../history/index.ts";
import { type PartFile, resultOf } from "../choose/chosen.ts";
import type { Choice, Covered, Offer } from "../choose/offer.ts";
import type { Skip } from "../disk/error.ts";
import { type ChangedEntry, holdsSame } from "../versions/plan.ts";
import type { Verdict } from "./check.ts";
import { type Selected, selectEntries } from "./select.ts";

export interface Chosen extends Selected {
  /** Files taken in part, by path. */
  readonly parts: ReadonlyMap<string, PartFile>;
  /** Chosen changes that differ now from when they were offered. */
  readonly stale: readonly Skip[];
}

/** Takes the chosen changes; a directory comes and goes with the changes taken in it. */
export function selectChosen(
  entries: readonly ChangedEntry[],
  choices: readonly Choice[],
  readTape: ReadTape,
): Chosen {
  const now = new Map(entriesByPath(entries, ""));
  const taken = new Set<string>();
  const offered = new Set(choices.flatMap(({ offer }) => offer.covers.map(({ path }) => path)));
  const parts = new Map<string, PartFile>();
  const stale: Skip[] = [];
  const done = new Set<Offer>();
  for (const choice of choices) {
    const { offer } = choice;
    if (offer.within !== undefined && !done.has(offer.within)) continue;
    const result = resultOf(choice, readTape);
    if (result === "nothing") continue;
    if (!offer.covers.every((covered) => isAsOffered(covered, now.get(covered.path), readTape))) {
      stale.push({ path: offer.path, reason: "was changed since it was offered" });
      continue;
    }
    done.add(offer);
    for (const { path } of offer.covers) taken.add(path);
    if (result !== "whole") parts.set(offer.path, result);
  }
  // Changes of times are always taken: nobody is asked about them.
  const selects = (path: string, { before, after, change }: ChangedEntry): boolean =>
    taken.has(path) ||
    change === "times" ||
    (!offered.has(path) && (after ?? before)?.type === "directory");
  const selected =
    taken.size === 0 ? selectEntries(entries, () => false) : selectEntries(entries, selects);
  return { ...selected, parts, stale };
}

function isAsOffered(
  { before, after }: Covered,
  entry: ChangedEntry | undefined,
  readTape: ReadTape,
): boolean {
  return (
    entry !== undefined &&
    isSame(before, entry.before, readTape) &&
    isSame(after, entry.after, readTape)
  );
}

function isSame(one: Inode | undefined, other: Inode | undefined, readTape: ReadTape): boolean {
  if (one === undefined || other === undefined) return one === other;
  const isSameMode = one.type === "symlink" || other.type === "symlink" || one.mode === other.mode;
  return one === other || (isSameMode && holdsSame(one, other, readTape));
}

function* entriesByPath(
  entries: readonly ChangedEntry[],
  above: string,
): Generator<[string, ChangedEntry]> {
  for (const entry of entries) {
    const path = `${above}${entry.name}`;
    yield [path, entry];
    yield* entriesByPath(entry.entries, `${path}/`);
  }
}

/** Returns the change at each path that can be made on the host; entries below one that cannot are not listed. */
export function feasible(
  entries: readonly ChangedEntry[],
  verdicts: ReadonlyMap<ChangedEntry, Verdict>,
): Map<string, Covered> {
  return new Map(pathsIn(entries, verdicts, ""));
}

function* pathsIn(
  entries: readonly ChangedEntry[],
  verdicts: ReadonlyMap<ChangedEntry, Verdict>,
  above: string,
): Generator<[string, Covered]> {
  for (const entry of entries) {
    const { name, before, after } = entry;
    const path = `${above}${name}`;
    const verdict = verdicts.get(entry) ?? "do";
    if (verdict === "leave" || verdict === "overwrite") continue;
    if (verdict !== "keep" && verdict !== "skip") yield [path, { path, before, after }];
    yield* pathsIn(entry.entries, verdicts, `${path}/`);
  }
}
