import { resolve } from "node:path";

import type { Seq } from "../../../journal/index.ts";
import { type Bounds, Budget, type History, comparableTape, tapeOf } from "../../history/index.ts";
import type { Skip } from "../disk/error.ts";
import { GitImport } from "../import/git-import.ts";
import { exportDirectory } from "./export.ts";
import { exportable } from "./exportable.ts";
import { checkGit, runGit, spawnGit } from "./git-command.ts";
import { commitRuns } from "./git-runs.ts";

/** Options of the new repository. */
export interface GitOptions {
  /**
   * The last moment that is exported; the end by default.
   * @internal
   */
  readonly until?: Seq;
  /** Limits for all commits together, and for the working tree. */
  readonly bounds?: Partial<Bounds>;
  /** Called once for each path that is left out. */
  readonly onSkip?: (skip: Skip) => void;
  /** Called after each run. */
  readonly onProgress?: (progress: { readonly runs: number; readonly commits: number }) => void;
}

/** Numbers of commits made and of paths left out. */
export interface GitSummary {
  readonly commits: number;
  readonly skipped: number;
}

/**
 * Makes a git repository in a directory that is empty or does not exist: a commit for each run that changed files, on
 * the branch `main`, and the last state as its working tree. Git keeps no empty directories and no times; hard links
 * become files of their own. The user's hooks, filters and configuration are not used. Throws HostError.
 */
export async function exportGit(
  history: History,
  target: string,
  { until = history.journal.head(), bounds = {}, onSkip, onProgress }: GitOptions = {},
): Promise<GitSummary> {
  checkGit(target);
  const skipped = new Set<string>();
  const skip = eachOnce(skipped, onSkip);
  const budget = new Budget("the export", bounds);
  exportDirectory(history.at(until), history.journal, target, { budget, onSkip: skip });
  const folder = resolve(target);
  runGit(folder, ["init", "--quiet", "--template=", "--initial-branch=main"]);
  const git = new GitImport(
    spawnGit(folder, ["fast-import", "--quiet"]),
    tapeOf(history.journal),
    budget,
    skip,
  );
  const commits = await finished(git, () =>
    commitRuns(git, {
      history,
      path: "/",
      after: "nothing",
      until,
      branch: "refs/heads/main",
      comparison: {
        readTape: comparableTape(history.journal),
        counting: exportable("leave", skip),
      },
      ...(onProgress === undefined ? {} : { onProgress }),
    }),
  );
  if (commits > 0) runGit(folder, ["read-tree", "HEAD"]);
  return { commits, skipped: skipped.size };
}

/** Returns a function that reports each path once. */
export function eachOnce(
  skipped: Set<string>,
  onSkip: ((skip: Skip) => void) | undefined,
): (left: Skip) => void {
  return (left) => {
    if (skipped.has(left.path)) return;
    skipped.add(left.path);
    onSkip?.(left);
  };
}

/** Waits until git has taken all that is sent to it; stops git if that fails. */
export async function finished(git: GitImport, send: () => Promise<number>): Promise<number> {
  try {
    const commits = await send();
    await git.finish();
    return commits;
  } catch (error) {
    git.stop();
    throw error;
  }
}
