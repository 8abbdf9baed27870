import type { History } from "../../history/index.ts";
import type { Skip } from "../disk/error.ts";
import type { Amount } from "../exclude/count.ts";
import type { ExcludeOptions } from "../exclude/exclude.ts";
import type { ExcludedBy } from "../exclude/rules.ts";

/**
 * What becomes of a path that was changed on both sides. "ours": this machine's version counts. "theirs": the program's.
 * "merge": what both changed in a text comes together, where it is not in the same lines; "merge-markers" writes those
 * between markers. "leave": both stay as they are.
 */
export type Resolution = "leave" | "ours" | "theirs" | "merge" | "merge-markers";

/** How a directory comes in. */
export interface ImportOptions {
  /** What becomes of entries below the guest's path that the host does not have. They are kept unless told otherwise. */
  readonly extra?: "keep" | "delete";
  /**
   * The journal's past: with it only what changed on the host comes in, and what was changed on both sides is a conflict.
   * Without it the host's version of everything does.
   * @internal
   */
  readonly history?: History;
  /** "fresh": the host's version of everything comes in all the same. */
  readonly from?: "changes" | "fresh";
  /** What becomes of conflicts; "leave" unless given: both sides stay as they are. */
  readonly conflicts?: Resolution;
  /** Host files that are left out without a word, under whatever name: the journal's own. */
  readonly leaveOut?: readonly string[];
  /** Host files that hold keys. They are left out, under whatever name. */
  readonly keys?: readonly string[];
  /** What of a directory stays out; nothing does unless it is given. */
  readonly exclude?: ExcludeOptions;
  /** Called after each few hundred paths and each few megabytes. */
  readonly onProgress?: (progress: ImportCounts) => void;
  /** Called for each path that could not be imported, with its path on the host. */
  readonly onSkip?: (skip: Skip) => void;
  /** Called for each path that was left out on purpose: keys, and other journals with what stands beside them. */
  readonly onLeaveOut?: (skip: Skip) => void;
  /** Called for each path that is excluded, and once for all that is below it. */
  readonly onExclude?: (excluded: Excluded) => void;
}

/** What stayed out, with its path below the folder (a directory's ends in a slash), and how much that is. */
export interface Excluded extends Amount {
  readonly path: string;
  readonly by: ExcludedBy;
}

/** Counts of paths, the imported path itself included; `bytes` is what was read from the host. */
export interface ImportCounts {
  readonly files: number;
  readonly directories: number;
  readonly symlinks: number;
  readonly bytes: number;
  /** Of these paths, how many were not there before, differed, or were the same. */
  readonly added: number;
  readonly updated: number;
  readonly unchanged: number;
  /** Paths that the host does not have and that were deleted. */
  readonly removed: number;
  readonly skipped: number;
}
