import type { RunNumber, Seq } from "../../../journal/index.ts";
import { type History, lookup } from "../../history/index.ts";
import { planApply } from "./planned.ts";
import type { ApplySummary } from "./work-out.ts";
import { HostError } from "../disk/error.ts";
import { type Folder, foldersOf, joinPath } from "../versions/moments.ts";

/** A folder that was imported, and what is not applied to it. */
export interface Unapplied {
  readonly folder: Folder;
  /** What an apply would do now. */
  readonly plan: ApplySummary;
  /** The runs since both were the same that changed any of it. */
  readonly runs: readonly RunNumber[];
}

/** A folder of which nothing can be said, and why. */
export interface Unreachable {
  readonly folder: Folder;
  readonly reason: string;
  /** Whether it is not where it was: removed, or moved. */
  readonly gone: boolean;
}

/** Each folder that was imported, as it stands to the state just after event `at`. Changes nothing. */
export function unappliedAt(history: History, at: Seq): readonly (Unapplied | Unreachable)[] {
  return foldersOf(history.journal.runs()).map((folder) => {
    try {
      const plan = planApply(history, at, folder.host, { guest: folder.guest });
      return { folder, plan, runs: runsThatChanged(history, at, plan) };
    } catch (error) {
      if (!(error instanceof HostError)) throw error;
      return { folder, reason: error.message, gone: error.code === "missing" };
    }
  });
}

/** By the states before and after each run since: only what is there to be applied counts. */
function runsThatChanged(history: History, at: Seq, plan: ApplySummary): RunNumber[] {
  const paths = plan.changes.map(({ path }) => joinPath(plan.guest, path));
  if (paths.length === 0) return [];
  return history.journal.runs().flatMap(({ run, start, first, last }) => {
    const isOld = first <= (history.journal.base()?.seq ?? 0);
    if (isOld || first > at || start.cause === "import" || start.cause === "apply") return [];
    const [before, after] = [history.at((first - 1) as Seq), history.at(last < at ? last : at)];
    const isIn = paths.some((path) => lookup(before, path) !== lookup(after, path));
    return isIn ? [run] : [];
  });
}
