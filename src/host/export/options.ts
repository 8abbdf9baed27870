import type { Budget } from "../../history/index.ts";
import type { Skip } from "../disk/error.ts";

/** Selects what is exported, and how. */
export interface ExportOptions {
  /** Directory to export; the root by default. */
  readonly path?: string;
  /** Returns why a name is left out, wherever it stands; each such path is reported as skipped. */
  readonly leaveOut?: (name: string) => string | undefined;
  /**
   * Decides if git's own files come along: git runs the commands in its hooks and its configuration. "leave" by
   * default.
   */
  readonly git?: "leave" | "take";
  /** Bounds the work; by default no guest can exceed it. */
  readonly budget?: Budget;
  /** Called after each few hundred paths and each few megabytes. */
  readonly onProgress?: (progress: ExportCounts) => void;
  /** Called for each path that is left out, with its path in the filesystem. */
  readonly onSkip?: (skip: Skip) => void;
}

/** Counts of paths below the target; `bytes` counts bytes written, without holes. */
export interface ExportCounts {
  readonly files: number;
  readonly directories: number;
  readonly symlinks: number;
  /** Further names of files and symlinks that are counted already. */
  readonly links: number;
  readonly bytes: number;
  readonly skipped: number;
}
