import type { Journal, RunNumber, Seq } from "../../../journal/index.ts";
import type { FileSystem } from "../../fs/index.ts";
import type { History } from "../view/history.ts";
import { runsLabelled } from "../view/labels.ts";
import { RestoreError } from "./restore-error.ts";
import { type Undo, type UndoOptions, planUndoAll, undo } from "./undo.ts";

type Label = readonly [name: string, text: string];

/**
 * Undoes each run that has a label, the last one first; runs that changed nothing or are undone already are left alone.
 * Throws RestoreError if there is no other, or if one of them cannot be undone: then none is.
 */
export function undoLabelled(
  fs: FileSystem,
  history: History,
  label: Label,
  options: Pick<UndoOptions, "later" | "labels"> = {},
): Undo[] {
  const plans = planUndoLabelled(history, history.journal.head(), label, options);
  return plans.map(({ run }) => undo(fs, history, { ...options, run }));
}

/** Returns what `undoLabelled` would do just after event `at`. Throws the same RestoreError. */
export function planUndoLabelled(
  history: History,
  at: Seq,
  label: Label,
  options: Pick<UndoOptions, "later"> = {},
): Undo[] {
  return planUndoAll(history, at, numbersIn(history.journal, label), options);
}

function numbersIn(journal: Journal, label: Label): RunNumber[] {
  const runs = runsLabelled(journal, label);
  if (runs.length > 0) return runs.map(({ run }) => run).toReversed();
  throw new RestoreError("nothing-to-undo", `no run has the label ${label.join("=")}`, {
    hint: "`runs` shows what there is",
  });
}
