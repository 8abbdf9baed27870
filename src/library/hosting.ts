import type { Writable } from "node:stream";

import { JournalError, filesOf, resolvePath } from "../../journal/index.ts";
import {
  type ApplyOptions,
  type ApplySummary,
  type ExportCounts,
  type ExportOptions,
  type ForkSummary,
  type GitBranchOptions,
  type GitBranchSummary,
  type GitOptions,
  type GitSummary,
  type ImportOptions,
  type ImportSummary,
  applyToHost as applyIn,
  exportDirectory as exportDirectoryIn,
  exportGit as exportGitIn,
  exportGitBranch as exportGitBranchIn,
  exportTar as exportTarIn,
  fork as forkIn,
  importDirectory as importIn,
  planApply as planApplyIn,
  undoApply as undoApplyIn,
} from "../host/index.ts";
import { verify } from "./keeping.ts";
import { type Revision, type Source, type Target, openSource, openTarget } from "./source.ts";

/**
 * Copies a directory or file of this machine to an absolute path of the filesystem, as a run of its own; makes the
 * journal if it does not exist. A repeated import of a directory takes this machine's changes since then, and keeps a
 * program's changes. Throws HostError and JournalError.
 */
export function importDirectory(
  target: Target,
  hostPath: string,
  guestPath: string,
  options: Omit<ImportOptions, "history"> = {},
): ImportSummary {
  using opened = openTarget(target, "make");
  const { files, history, journal } = opened.it;
  const own = journal.file === ":memory:" ? [] : filesOf(resolvePath(journal.file));
  const leaveOut = [...(options.leaveOut ?? []), ...own];
  return importIn(files, hostPath, guestPath, { ...options, leaveOut, history });
}

/** Tells whether to verify the journal before it changes this machine: a forged journal can claim anything. */
export interface Verifying {
  /** Default: "verify". "trust" is for a journal that nobody else could write. */
  readonly journal?: "verify" | "trust";
}

/** The changes to apply, and how. */
export type ApplyChoice = Omit<ApplyOptions, "since" | "mode"> & {
  /** Applies the changes since this moment. Default: since both sides were last the same. */
  readonly since?: Revision;
};

/**
 * Writes the filesystem's changes since both sides were last the same to a directory of this machine, as a run that
 * records them. Leaves a path that changed on both sides alone, unless `conflicts` says which side counts. Throws
 * HostError and JournalError.
 */
export function applyToHost(
  target: Target,
  hostPath: string,
  options: ApplyChoice & Verifying = {},
): ApplySummary {
  requireSound(target, options);
  using opened = openTarget(target);
  const { files, history } = opened.it;
  return applyIn(files, history, hostPath, choiceIn(history, options));
}

/** Returns what `applyToHost` would do. Throws HostError and JournalError. */
export function planApply(
  source: Source,
  hostPath: string,
  options: Omit<ApplyChoice, "conflicts"> = {},
): ApplySummary {
  using opened = openSource(source);
  const history = opened.it;
  return planApplyIn(history, history.journal.head(), hostPath, choiceIn(history, options));
}

/**
 * Reverts the last apply to a directory on this machine. The filesystem stays as it is, so that the next apply offers
 * the same changes again. Throws HostError and JournalError.
 */
export function undoApply(
  target: Target,
  hostPath: string,
  options: Pick<ApplyOptions, "guest" | "budget"> & Verifying = {},
): ApplySummary {
  requireSound(target, options);
  using opened = openTarget(target);
  return undoApplyIn(opened.it.files, opened.it.history, hostPath, options);
}

/** The moment to export, and how. */
export type ExportChoice = ExportOptions &
  Verifying & {
    /** Default: the last moment. */
    readonly at?: Revision;
  };

/**
 * Writes a state into a directory of this machine that is empty or does not exist, and to no other place. Throws
 * HostError, BudgetError, RevisionError and JournalError.
 */
export function exportDirectory(
  source: Source,
  hostPath: string,
  options: ExportChoice = {},
): ExportCounts {
  requireSound(source, options);
  using opened = openSource(source);
  const history = opened.it;
  const tree = history.at(history.resolve(options.at ?? "@"));
  return exportDirectoryIn(tree, history.journal, hostPath, options);
}

/**
 * Writes a state as a tar file that does not exist yet, or into a stream. Throws the same errors as `exportDirectory`.
 */
export async function exportTar(
  source: Source,
  output: string | Writable,
  options: ExportChoice = {},
): Promise<ExportCounts> {
  requireSound(source, options);
  using opened = openSource(source);
  const history = opened.it;
  const tree = history.at(history.resolve(options.at ?? "@"));
  return await exportTarIn(tree, history.journal, output, options);
}

/** The last moment to export, and how to make the repository. */
export type GitChoice = Omit<GitOptions, "until"> &
  Verifying & {
    /** Default: the last moment. */
    readonly at?: Revision;
  };

/**
 * Makes a git repository in a directory that is empty or does not exist, with a commit for each run that changed files.
 * Throws the same errors as `exportDirectory`.
 */
export async function exportGit(
  source: Source,
  hostPath: string,
  { at = "@", ...options }: GitChoice = {},
): Promise<GitSummary> {
  requireSound(source, options);
  using opened = openSource(source);
  const history = opened.it;
  return await exportGitIn(history, hostPath, { ...options, until: history.resolve(at) });
}

/** The branch, the last moment to export, and where the branch begins. */
export type GitBranchChoice = Omit<GitBranchOptions, "until"> &
  Verifying & {
    /** Default: the last moment. */
    readonly at?: Revision;
  };

/**
 * Writes a commit for each run that changed files to a branch of a repository that exists; neither its checkout nor
 * another branch is touched. A branch that this made goes on. Throws the same errors as `exportDirectory`.
 */
export async function exportGitBranch(
  source: Source,
  hostPath: string,
  { at = "@", ...options }: GitBranchChoice,
): Promise<GitBranchSummary> {
  requireSound(source, options);
  using opened = openSource(source);
  const history = opened.it;
  return await exportGitBranchIn(history, hostPath, { ...options, until: history.resolve(at) });
}

/**
 * Makes a new, independent journal from all events up to a moment. Throws HostError if the path exists, RevisionError
 * and JournalError.
 */
export function fork(source: Source, revision: Revision, file: string): ForkSummary {
  using opened = openSource(source);
  const history = opened.it;
  return forkIn(history.journal, history.resolve(revision), file);
}

function choiceIn(
  history: { resolve(revision: Revision): NonNullable<ApplyOptions["since"]> },
  { since, ...options }: ApplyChoice,
): ApplyOptions {
  return since === undefined ? options : { ...options, since: history.resolve(since) };
}

function requireSound(source: Source, { journal = "verify" }: Verifying): void {
  if (journal === "trust") return;
  const file = fileOf(source);
  if (file === ":memory:") return;
  if (typeof source !== "string" && "sync" in source) source.sync();
  const verdict = verify(file);
  if (verdict.ok) return;
  const where = verdict.seq === 0 ? "the journal" : `event ${verdict.seq}`;
  throw new JournalError("damaged", `nothing was written: ${where}: ${verdict.reason}`, {
    hint: "verify tells more; where there is a copy of the journal, restore it",
  });
}

function fileOf(source: Source): string {
  return typeof source === "string" ? source : source.journal.file;
}
