export { bisect } from "./bisect.ts";
export { type LineSpan, type Span, blame, blameLines } from "./blame.ts";
export {
  type BoundName,
  type Bounds,
  Budget,
  BudgetError,
  boundNames,
  defaultBounds,
} from "./budget.ts";
export { type ByteRange, changedBytes, sameBytes } from "./changed-bytes.ts";
export {
  type Change,
  type ChangeKind,
  type DiffOptions,
  diffTrees,
  modesOf,
  isAtOrBelow,
  sizesOf,
} from "./diff.ts";
export {
  type Elsewhere,
  type ElsewhereSearch,
  type RemovedTexts,
  elsewhere,
  textsIn,
} from "./elsewhere.ts";
export { eventsTo } from "./events.ts";
export { type FileHistoryOptions, fileHistory, inodeNumberAt } from "./file-history.ts";
export { type HistoryMatch, grepHistory } from "./grep-history.ts";
export { type BinaryMatch, type LineMatch, type Match, type Pattern, grep } from "./grep.ts";
export { foldedState } from "./fold.ts";
export { type History, type HistoryOptions, type Rebuild, openHistory } from "./history.ts";
export { openJudgedWriter } from "./judged-writer.ts";
export { type DiffLine, type Hunk } from "./hunks.ts";
export { type LineDiff, type LineDiffOptions, diffLines } from "./line-diff.ts";
export { mark } from "./mark.ts";
export { nearest } from "./nearest.ts";
export { holdsForNames } from "./path-names.ts";
export { type Page, matchingPaths, page } from "./query.ts";
export { type ReadTape, comparableTape, tapeOf } from "./read-tape.ts";
export {
  type RedactionPlan,
  type RedactionSubject,
  type RedactionTarget,
  planRedaction,
  redactedRanges,
} from "./redaction.ts";
export { type RefusedPlace, refusedPlace } from "./refused-place.ts";
export { replay } from "./replay.ts";
export { SnapshotWriter } from "./snapshot-writer.ts";
export {
  type Done,
  type PlannedChange,
  type Restored,
  type RestoreOptions,
  type RestorePlan,
  planRestore,
  restore,
} from "./restore.ts";
export { type Conflict, type RestoreCode, RestoreError } from "./restore-error.ts";
export { type RevisionCode, RevisionError, resolveRevision } from "./revision.ts";
export type { Note } from "./scope.ts";
export { runWords } from "./run-words.ts";
export { State } from "./state.ts";
export {
  type ContentDiff,
  type DiffBudget,
  type HexRow,
  diffBudget,
  diffContent,
  hexRows,
} from "./text-diff.ts";
export {
  type Encoding,
  type TextLines,
  decodeText,
  encodingOf,
  isBinary,
  lineEnds,
} from "./text-lines.ts";
export { planRedo, planUndo, redo, undo, type Undo, type UndoOptions } from "./undo.ts";
export { undoStack, type Undone, type UndoStack } from "./undo-stack.ts";
export { type Misfit, verifyStates } from "./verify.ts";
export { type Whereabouts, lastThere, whereabouts } from "./whereabouts.ts";
export {
  type Counting,
  type Entry,
  type Stat,
  type Visit,
  compareText,
  lookup,
  readPieces,
  readRange,
  readdir,
  statOf,
  walk,
} from "./view.ts";
