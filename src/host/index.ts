export { applyToHost } from "./apply/apply.ts";
export type { AppliedChange } from "./apply/list.ts";
export {
  changesToApply,
  type Offered,
  offersToApply,
  planApply,
  type PlanOptions,
} from "./apply/planned.ts";
export type { ApplyOptions, ApplySummary } from "./apply/work-out.ts";
export type { Choice, Covered, Offer, Part } from "./choose/offer.ts";
export { editsOf, splitHunk, withoutLead } from "./choose/hunk-edits.ts";
export { textsOf } from "./choose/chosen.ts";
export type { TextPair } from "./choose/compose.ts";
export { type EditableHunk, editableHunk } from "./choose/typed.ts";
export { undoApply } from "./apply/undo.ts";
export { type HostCode, HostError, type Skip } from "./disk/error.ts";
export { exportDirectory } from "./export/export.ts";
export { type ExportCounts, type ExportOptions } from "./export/options.ts";
export { fork, type ForkSummary } from "./export/fork.ts";
export { gitPatch, gitPatchOf, type GitPatchOptions } from "./export/git-patch.ts";
export {
  exportGitBranch,
  type GitBranchOptions,
  type GitBranchSummary,
} from "./export/git-branch.ts";
export { exportGit, type GitOptions, type GitSummary } from "./export/git.ts";
export {
  importChanges,
  importDirectory,
  importSteps,
  type ImportSummary,
  stoppedImport,
} from "./import/import.ts";
export { type Hidden, hiddenIn } from "./import/hidden.ts";
export type { Steps } from "./import/steps.ts";
export { isAsImported } from "./versions/imported.ts";
export { type Amount } from "./exclude/count.ts";
export { type ExcludeOptions, type ExcludeRule } from "./exclude/exclude.ts";
export { ExpressionError, boundedExpression } from "./expression/bounded.ts";
export { measureFolder } from "./exclude/measure.ts";
export { type ExcludedBy } from "./exclude/rules.ts";
export {
  type Excluded,
  type ImportCounts,
  type ImportOptions,
  type Resolution,
} from "./import/options.ts";
export { foldsAll } from "./versions/common.ts";
export { type Needed, neededBefore } from "./versions/needed.ts";
export { exportTar } from "./export/tar.ts";
export { writeWholeFile } from "./export/whole-file.ts";
export { type Unapplied, type Unreachable, unappliedAt } from "./apply/unapplied.ts";
export { type Arrival, type Warning, Warnings } from "./disk/warning.ts";
export { type Folder, foldersOf } from "./versions/moments.ts";
export { pathTable } from "./disk/path-table.ts";
export { toolFileAt } from "./disk/tool-files.ts";
export { looksSecret } from "./exclude/secret-name.ts";
