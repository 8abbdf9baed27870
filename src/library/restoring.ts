import type { Seq } from "../../journal/index.ts";
import {
  type RestorePlan,
  type Restored,
  type Undo,
  type UndoOptions,
  mark as markIn,
  planRedo as planRedoIn,
  planRestore as planRestoreIn,
  planUndo as planUndoIn,
  redo as redoIn,
  restore as restoreIn,
  undo as undoIn,
  undoLabelled as undoLabelledIn,
} from "../history/index.ts";
import type { RunInfo } from "./open-file-system.ts";
import { type Revision, type Source, type Target, openSource, openTarget } from "./source.ts";

/**
 * Restores the filesystem, or everything at and below some absolute paths, to its state at a moment, as one run of new
 * events. Throws RestoreError, RevisionError and JournalError.
 */
export function restore(
  target: Target,
  revision: Revision,
  paths?: readonly string[],
  info: RunInfo = {},
): Restored {
  using opened = openTarget(target);
  const { files, history } = opened.it;
  const only = paths === undefined ? {} : { paths };
  return restoreIn(files, history, history.resolve(revision), {
    ...only,
    ...info,
    revision: typeof revision === "number" ? `#${revision}` : revision,
  });
}

/** Returns what `restore` would do. Throws RestoreError, RevisionError and JournalError. */
export function planRestore(
  source: Source,
  revision: Revision,
  paths?: readonly string[],
): RestorePlan {
  using opened = openSource(source);
  const history = opened.it;
  return planRestoreIn(
    history.at(history.journal.head()),
    history.at(history.resolve(revision)),
    paths,
  );
}

/**
 * Reverts a run, by default the last one that is not undone, as a run of its own. Throws RestoreError if there is
 * nothing to undo, or if later runs changed the same paths.
 */
export function undo(target: Target, options: UndoOptions = {}): Undo {
  using opened = openTarget(target);
  return undoIn(opened.it.files, opened.it.history, options);
}

/**
 * Reverts each run that has a label, such as `turn` with the text "3", the last one first, and returns them. Throws
 * RestoreError if there is none that changed something and is not undone yet, or if later runs changed the same paths:
 * then none is reverted.
 */
export function undoLabelled(
  target: Target,
  name: string,
  text: string,
  options: Pick<UndoOptions, "later" | "labels"> = {},
): Undo[] {
  using opened = openTarget(target);
  return undoLabelledIn(opened.it.files, opened.it.history, [name, text], options);
}

/** Returns what `undo` would do. Throws the same RestoreError. */
export function planUndo(source: Source, options: UndoOptions = {}): Undo {
  using opened = openSource(source);
  return planUndoIn(opened.it, opened.it.journal.head(), options);
}

/** Repeats what the last undo reverted, as a run of its own. Throws the same RestoreError as `undo`. */
export function redo(target: Target, options: Omit<UndoOptions, "run"> = {}): Undo {
  using opened = openTarget(target);
  return redoIn(opened.it.files, opened.it.history, options);
}

/** Returns what `redo` would do. Throws the same RestoreError as `undo`. */
export function planRedo(source: Source, options: Omit<UndoOptions, "run"> = {}): Undo {
  using opened = openSource(source);
  return planRedoIn(opened.it, opened.it.journal.head(), options);
}

/**
 * Names a moment, by default the last one, and returns the seq of the mark. A later mark replaces an earlier one of the
 * same name. Throws RestoreError for a name that no revision can contain, and RevisionError.
 */
export function mark(target: Target, name: string, revision: Revision = "@"): Seq {
  using opened = openTarget(target);
  const { writer, history } = opened.it;
  return markIn(writer, name, history.resolve(revision));
}
