export { HostError, type HostCode, type Skip } from "./error.ts";
export {
  type ImportCounts,
  type ImportOptions,
  type ImportSummary,
  importDirectory,
} from "./import.ts";
export { type ExportCounts, type ExportOptions, exportDirectory } from "./export.ts";
export { type AppliedChange, type ApplyOptions, type ApplySummary, applyToHost } from "./apply.ts";
export { fork, type ForkSummary } from "./fork.ts";
export { exportTar } from "./tar.ts";
export { exportGit, type GitOptions, type GitSummary } from "./git.ts";
