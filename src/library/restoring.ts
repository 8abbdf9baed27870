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
} from "../history/index.ts";
import { type Revision, type Source, type Target, openSource, openTarget } from "./source.ts";

/**
 * Brings the filesystem, or what is at and below some absolute paths of it, to what it was at a moment, as one run of new
 * events. Throws RestoreError, RevisionError and JournalError.
 */
export function restore(target: Target, revision: Revision, paths?: readonly string[]): Restored {
  using opened = openTarget(target);
  const { files, history } = opened.it;
  const only = paths === undefined ? {} : { paths };
  return restoreIn(files, history, history.resolve(revision), {
    ...only,
    revision: typeof revision === "number" ? `#${revision}` : revision,
  });
}

/** Works out what `restore` would do. Throws RestoreError, RevisionError and JournalError. */
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
 * Takes a run back, the last one that is not undone unless told otherwise, as a run of its own. Throws RestoreError when
 * there is nothing to undo, or when later runs changed the same.
 */
export function undo(target: Target, options: UndoOptions = {}): Undo {
  using opened = openTarget(target);
  return undoIn(opened.it.files, opened.it.history, options);
}

/** Works out what `undo` would do. Throws RestoreError as `undo` does. */
export function planUndo(source: Source, options: UndoOptions = {}): Undo {
  using opened = openSource(source);
  return planUndoIn(opened.it, opened.it.journal.head(), options);
}

/** Does again what the last undo took back, as a run of its own. Throws RestoreError as `undo` does. */
export function redo(target: Target, options: Omit<UndoOptions, "run"> = {}): Undo {
  using opened = openTarget(target);
  return redoIn(opened.it.files, opened.it.history, options);
}

/** Works out what `redo` would do. Throws RestoreError as `undo` does. */
export function planRedo(source: Source, options: Omit<UndoOptions, "run"> = {}): Undo {
  using opened = openSource(source);
  return planRedoIn(opened.it, opened.it.journal.head(), options);
}

/**
 * Names a moment, the last one unless told otherwise, and returns the seq of the event that says so. The latest mark of a
 * name counts. Throws RestoreError for a name that no revision could spell, and RevisionError.
 */
export function mark(target: Target, name: string, revision: Revision = "@"): Seq {
  using opened = openTarget(target);
  const { writer, history } = opened.it;
  return markIn(writer, name, history.resolve(revision));
}
