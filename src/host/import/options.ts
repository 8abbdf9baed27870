import type { History } from "../../history/index.ts";
import type { Skip } from "../disk/error.ts";
import type { Amount } from "../exclude/count.ts";
import type { ExcludeOptions } from "../exclude/exclude.ts";
import type { ExcludedBy } from "../exclude/rules.ts";

/**
 * Treatment of a path changed on both sides. "ours": this machine's version counts. "theirs": the program's. "merge":
 * changes of both to a text are combined, unless they touch the same lines; "merge-markers" writes those between
 * markers. "leave": both stay as they are.
 */
export type Resolution = "leave" | "ours" | "theirs" | "merge" | "merge-markers";

/** Selects the entries of a directory that come in, and how. */
export interface ImportOptions {
  /** Treatment of entries below the guest's path that the host does not have; "keep" by default. */
  readonly extra?: "keep" | "delete";
  /**
   * The journal's past: with it only the host's changes come in, and a path changed on both sides is a conflict.
   * Without it the host's version of everything comes in.
   * @internal
   */
  readonly history?: History;
  /** "fresh": imports the host's version of everything regardless. */
  readonly from?: "changes" | "fresh";
  /** Treatment of conflicts; "leave" by default: both sides stay as they are. */
  readonly conflicts?: Resolution;
  /**
   * Effect of taking the import back. "comes again" by default: the same import brings the host's changes in once more.
   * "is applied": they are work that was done on the host itself, and an apply takes them back there, too.
   */
  readonly undone?: "comes again" | "is applied";
  /** Words that the run is found by. */
  readonly labels?: ReadonlyMap<string, string>;
  /** Host files that are left out silently, under any name: the journal's own. */
  readonly leaveOut?: readonly string[];
  /** Host files that contain keys; left out under any name. */
  readonly keys?: readonly string[];
  /**
   * "when needed": of a directory that comes in for the first time, onto nothing, only names, sizes, times and modes are
   * read; a run that is given the folder reads the bytes when its program does. Files that were changed a moment ago, at
   * most a tenth of a second (where times are whole seconds, two seconds), are read with the list. "now" by default.
   */
  readonly bytes?: "now" | "when needed";
  /**
   * "shared": a file of 64 KiB or more that has the bytes of another one in the filesystem names the same ones on the
   * tape, and a redaction of either takes them from both. "separate": each has its own. "shared" by default.
   */
  readonly copies?: "shared" | "separate";
  /** Nanoseconds since the epoch, to tell which files were changed a moment ago. @internal */
  readonly now?: () => bigint;
  /** Excludes entries of a directory; by default nothing. */
  readonly exclude?: ExcludeOptions;
  /** Called after each few hundred paths and each few megabytes. */
  readonly onProgress?: (progress: ImportCounts) => void;
  /** Called for each path that could not be imported, with its path on the host. */
  readonly onSkip?: (skip: Skip) => void;
  /** Called for each path left out on purpose: keys, and other journals with the files beside them. */
  readonly onLeaveOut?: (skip: Skip) => void;
  /** Called for each excluded path, once for everything below it. */
  readonly onExclude?: (excluded: Excluded) => void;
}

/** An excluded path below the folder (a directory's ends in a slash), and how much it holds. */
export interface Excluded extends Amount {
  readonly path: string;
  readonly by: ExcludedBy;
}

/** Counts of paths, including the imported path itself; `bytes` counts bytes read from the host. */
export interface ImportCounts {
  readonly files: number;
  readonly directories: number;
  readonly symlinks: number;
  readonly bytes: number;
  /** Numbers of these paths that were new, differed, or were equal. */
  readonly added: number;
  readonly updated: number;
  readonly unchanged: number;
  /** Paths that the host does not have and that were deleted. */
  readonly removed: number;
  readonly skipped: number;
}
