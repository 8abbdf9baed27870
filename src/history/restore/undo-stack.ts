import {
  type Journal,
  type Run,
  type RunKind,
  type RunNumber,
  type Seq,
  isMutation,
} from "../../../journal/index.ts";

import { baseSeq } from "../snapshots/beginning.ts";
import { stepsOf, undoneApply } from "./steps.ts";

/** A run that was undone, and the run that undid it. */
export interface Undone {
  readonly run: Run;
  readonly by: Run;
}

/** The runs that can be undone and redone, the next one last in both. */
export interface UndoStack {
  readonly done: readonly Run[];
  readonly undone: readonly Undone[];
  /** The last run of a guest, an import or an apply, if it changed nothing and nothing was undone or redone since. */
  readonly idle?: Run;
}

const doings: ReadonlySet<RunKind> = new Set<RunKind>(["guest", "import", "apply"]);

/**
 * Works out from the runs alone what can be undone and redone. An undo moves a run to the other stack, a redo moves it
 * back, and any other run with changes is put on top and empties the redo stack. An unfinished undo or redo counts as
 * such a run. Runs that one command made are one. Events after `at` do not count.
 */
export function undoStack(journal: Journal, at: Seq = journal.head()): UndoStack {
  let done: Run[] = [];
  let undone: Undone[] = [];
  let idle: Run | undefined;
  const base = baseSeq(journal);
  for (const { run } of stepsOf(runsUpTo(journal, at))) {
    // The state before this run is gone, so the stack ends here.
    if (run.first <= base) continue;
    const subject = subjectOf(run);
    const taken = done.find((one) => one.run === subject);
    const brought = undone.find((one) => one.run.run === subject);
    if (run.start.cause === "undo" && taken !== undefined) {
      done = done.filter((one) => one !== taken);
      undone.push({ run: taken, by: run });
      idle = undefined;
    } else if (run.start.cause === "redo" && brought !== undefined) {
      undone = undone.filter((one) => one !== brought);
      done.push(brought.run);
      idle = undefined;
    } else if (run.start.cause !== "apply" && hasMutations(journal, run)) {
      done.push(run);
      undone = [];
      idle = undefined;
    } else if (doings.has(run.start.cause)) {
      idle = undoneApply(run) === undefined ? run : undefined;
    }
  }
  return idle === undefined ? { done, undone } : { done, undone, idle };
}

/** Yields the runs that had begun by then; one that was not finished ends there. */
function runsUpTo(journal: Journal, at: Seq): Run[] {
  return journal
    .runs()
    .filter(({ first }) => first <= at)
    .map((run) => {
      if (run.last <= at) return run;
      const { end: _, ...rest } = run;
      return { ...rest, last: at };
    });
}

/** Returns the run that a finished undo or redo was about. */
function subjectOf({ start, end }: Run): RunNumber | undefined {
  if (end?.exit !== 0) return undefined;
  return Number(start.args[0]) as RunNumber;
}

function hasMutations(journal: Journal, { first, last }: Run): boolean {
  for (const event of journal.query({ first, last })) if (isMutation(event)) return true;
  return false;
}
