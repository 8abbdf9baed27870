import type { Budget } from "../../history/index.ts";
import type { Skip } from "../disk/error.ts";

/** What is exported, and how. */
export interface ExportOptions {
  /** The directory to export; the root unless told otherwise. */
  readonly path?: string;
  /** Names that are left out wherever they stand; each is reported as skipped. */
  readonly leaveOut?: (name: string) => string | undefined;
  /** Whether git's own files come along: git runs what stands in its hooks and its configuration. "leave" unless given. */
  readonly git?: "leave" | "take";
  /** What it may cost; as much as no guest can make by default. */
  readonly budget?: Budget;
  /** Called after each few hundred paths and each few megabytes. */
  readonly onProgress?: (progress: ExportCounts) => void;
  /** Called for each path that was left out, with its path in the filesystem. */
  readonly onSkip?: (skip: Skip) => void;
}

/** Counts of paths below the target; `bytes` is what was written, holes not counted. */
export interface ExportCounts {
  readonly files: number;
  readonly directories: number;
  readonly symlinks: number;
  /** Further names of files and symlinks that are counted already. */
  readonly links: number;
  readonly bytes: number;
  readonly skipped: number;
}
