export { type FileRange, carried, lastByteChange, nextByteChange } from "./ask/byte-edits.ts";
export { bisect } from "./ask/bisect.ts";
export { labelIn, runsLabelled } from "./view/labels.ts";
export {
  commandOf,
  countProcesses,
  type ProcessEvent,
  Processes,
  processWords,
  programsOf,
} from "./view/processes.ts";
export {
  type Blame,
  type LineSpan,
  type Span,
  blame,
  blameContent,
  blameLines,
} from "./ask/blame.ts";
export {
  type ChangesBetween,
  type JournalState,
  type Tapes,
  changesBetween,
} from "./diff/between-journals.ts";
export { type BoundName, type Bounds, Budget, BudgetError, boundNames } from "./view/budget.ts";
export { type ByteRange, sameBytes } from "./diff/changed-bytes.ts";
export {
  type Change,
  type ChangeKind,
  type DiffOptions,
  diffTrees,
  modesOf,
  type XattrChange,
  xattrChangesOf,
  isAtOrBelow,
  sizesOf,
} from "./diff/diff.ts";
export {
  type Elsewhere,
  type ElsewhereSearch,
  type RemovedTexts,
  elsewhere,
  textsIn,
} from "./ask/elsewhere.ts";
export { type FileHistoryOptions, fileHistory, inodeNumberAt } from "./view/file-history.ts";
export { grepHistory } from "./ask/grep-history.ts";
export type { HistoryMatch } from "./ask/history-match.ts";
export {
  type BinaryMatch,
  type LineExpression,
  type LineMatch,
  type Match,
  type Pattern,
  grep,
} from "./ask/grep.ts";
export { baseState } from "./snapshots/base-state.ts";
export { type History, type HistoryOptions, type Rebuild, openHistory } from "./view/history.ts";
export { openJudgedWriter } from "./restore/judged-writer.ts";
export { type DiffLine, type Hunk, type HunkPart, hunkHeading, partText } from "./lines/hunks.ts";
export { type WordPiece, wordLines } from "./lines/words.ts";
export { type LineDiff, type LineDiffOptions, diffLines } from "./lines/diff.ts";
export { deleteMark, mark } from "./restore/mark.ts";
export { type Mark, latestMarks } from "./view/marks.ts";
export { nearest } from "./ask/nearest.ts";
export {
  GlobError,
  alternativesOf,
  globMatcher,
  globNames,
  type GlobName,
  isGlob,
  pathMatcher,
} from "./view/glob.ts";
export { holdsForNames } from "./view/path-names.ts";
export { timeIn } from "./view/moment-time.ts";
export { type Page, matchingPaths, page } from "./view/query.ts";
export { ListedFiles } from "./snapshots/listed-files.ts";
export { expectingContents } from "./view/expecting.ts";
export { isReadable, promisedPieces, unlessUnread } from "./diff/unread.ts";
export { type ReadTape, comparableTape, tapeOf } from "./snapshots/read-tape.ts";
export {
  type RedactionPlan,
  type RedactionSubject,
  type RedactionTarget,
  planRedaction,
  redactedRanges,
} from "./ask/redaction.ts";
export { type RefusedPlace, refusedPlace } from "./restore/refused-place.ts";
export { replay } from "./restore/replay.ts";
export { storeOf } from "./snapshots/store.ts";
export { type Save } from "./saves/save.ts";
export { type FileSaves, Saves } from "./saves/saves.ts";
export { SnapshotWriter } from "./snapshots/writer.ts";
export {
  type Done,
  type PlannedChange,
  type Restored,
  type RestoreOptions,
  type RestorePlan,
  type RestoreStart,
  type RunningFiles,
  planRestore,
  restore,
  stoppedHalfway,
} from "./restore/restore.ts";
export { type Conflict, type RestoreCode, RestoreError } from "./restore/restore-error.ts";
export { type RevisionCode, RevisionError, resolveRevision } from "./view/revision.ts";
export type { Note } from "./restore/scope.ts";
export { runWords } from "./view/run-words.ts";
export { type NamedStat, type PathStat, State } from "./view/state.ts";
export {
  type ContentDiff,
  type DiffBudget,
  type HexRow,
  diffBudget,
  diffContent,
  hexRows,
} from "./diff/text-diff.ts";
export {
  type Encoding,
  type TextLines,
  decodeLine,
  decodeText,
  encodingOf,
  sampleBytes,
  isBinary,
  lineEnds,
  linesIn,
} from "./lines/text-lines.ts";
export {
  planRedo,
  planUndo,
  planUndoAll,
  redo,
  undo,
  type Undo,
  type UndoOptions,
} from "./restore/undo.ts";
export { planUndoLabelled, undoLabelled } from "./restore/undo-labelled.ts";
export {
  planUndoPaths,
  undoPaths,
  type LastChange,
  type UndonePath,
} from "./restore/undo-paths.ts";
export {
  forApplyWords,
  isForApply,
  isPutBack,
  mergeGuest,
  putBackWords,
  stepNumbers,
  stepsOf,
  undoWords,
  undoneApply,
} from "./restore/steps.ts";
export { undoStack, type Undone, type UndoStack } from "./restore/undo-stack.ts";
export type { Misfit } from "./ask/state-check.ts";
export { verifyStates } from "./ask/verify.ts";
export { type VerifyWholeOptions, verifyWhole } from "./ask/verify-whole.ts";
export { type Whereabouts, lastThere, whereabouts } from "./ask/whereabouts.ts";
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
} from "./view/view.ts";
