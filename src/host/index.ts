export {
  type AppliedChange,
  type ApplyOptions,
  type ApplySummary,
  applyToHost,
  changesToApply,
  planApply,
} from "./apply.ts";
export { undoApply } from "./apply-undo.ts";
export { type Resolution } from "./conflicts.ts";
export { type HostCode, HostError, type Skip } from "./error.ts";
export { type ExportCounts, type ExportOptions, exportDirectory } from "./export.ts";
export { fork, type ForkSummary } from "./fork.ts";
export { gitPatch, type GitPatchOptions } from "./git-patch.ts";
export { exportGit, type GitOptions, type GitSummary } from "./git.ts";
export {
  type ImportCounts,
  importDirectory,
  type ImportOptions,
  type ImportSummary,
} from "./import.ts";
export { foldsAll } from "./common.ts";
export { type Needed, neededBefore } from "./needed.ts";
export { exportTar } from "./tar.ts";
export { type Unapplied, type Unreachable, unappliedAt } from "./unapplied.ts";
export { type Arrival, type Warning, warningOf } from "./warning.ts";
