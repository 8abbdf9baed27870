import type { RunNumber, Seq } from "../../../journal/index.ts";
import { type Inode, hasOtherMode } from "../../fs/index.ts";
import {
  type History,
  type ReadTape,
  comparableTape,
  lookup,
  stepsOf,
} from "../../history/index.ts";
import { holdsSame } from "../versions/plan.ts";
import { planApply } from "./planned.ts";
import type { ApplySummary } from "./work-out.ts";
import { HostError } from "../disk/error.ts";
import { type Folder, foldersOf, joinPath } from "../versions/moments.ts";

/** A folder that was imported, and its changes that are not applied. */
export interface Unapplied {
  readonly folder: Folder;
  /** Everything an apply would do now. */
  readonly plan: ApplySummary;
  /** Runs since both sides agreed that made any of the changes. */
  readonly runs: readonly RunNumber[];
}

/** A folder whose changes cannot be told, and why. */
export interface Unreachable {
  readonly folder: Folder;
  readonly reason: string;
  /** Set if it is not where it was: removed, or moved. */
  readonly gone: boolean;
}

/** Compares each imported folder with the state just after event `at`. Changes nothing. */
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

/** Compares the states before and after each run; changes that are no longer to be applied do not count. */
function runsThatChanged(history: History, at: Seq, plan: ApplySummary): RunNumber[] {
  const paths = plan.changes.map(({ path }) => joinPath(plan.guest, path));
  if (paths.length === 0) return [];
  const readTape = comparableTape(history.journal);
  return stepsOf(history.journal.runs()).flatMap(({ run: { run, start, first, last } }) => {
    const isOld = first <= (history.journal.base()?.seq ?? 0);
    if (isOld || first > at || start.cause === "import" || start.cause === "apply") return [];
    const [before, after] = [history.at((first - 1) as Seq), history.at(last < at ? last : at)];
    const isIn = paths.some((path) => differs(lookup(before, path), lookup(after, path), readTape));
    return isIn ? [run] : [];
  });
}

/** Tells if a path changed between two states, which may have objects of their own for what is equal. */
function differs(before: Inode | undefined, after: Inode | undefined, readTape: ReadTape): boolean {
  if (before === after) return false;
  if (before === undefined || after === undefined || before.type !== after.type) return true;
  return (
    before.ino !== after.ino ||
    before.mtime !== after.mtime ||
    hasOtherMode(before, after) ||
    !holdsSame(before, after, readTape)
  );
}
