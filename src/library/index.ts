export {
  type BlameChoice,
  type Comparison,
  type DiffChoice,
  type GrepChoice,
  type PathChange,
  blame,
  diff,
  diffContent,
  fileHistory,
  grep,
  grepHistory,
  undoStack,
} from "./asking.ts";
export {
  type ApplyChoice,
  type ExportChoice,
  type GitBranchChoice,
  type GitChoice,
  type Verifying,
  applyToHost,
  exportDirectory,
  exportGit,
  exportGitBranch,
  exportTar,
  fork,
  importDirectory,
  planApply,
  undoApply,
} from "./hosting.ts";
export { type FindingsChoice, findings } from "./findings.ts";
export { type Keeping, compact, planCompaction, planRedaction, redact, verify } from "./keeping.ts";
export {
  OpenFileSystem,
  type OpenFileSystemOptions,
  openFileSystem,
  type RunInfo,
} from "./open-file-system.ts";
export {
  mark,
  planRedo,
  planRestore,
  planUndo,
  redo,
  restore,
  undo,
  undoLabelled,
} from "./restoring.ts";
export { type Revision, type Source, type Target, openHistory } from "./source.ts";
export { type Wasi, createWasi } from "./wasi.ts";
