import { spawn, spawnSync } from "node:child_process";
import { resolve } from "node:path";

import type { Run, Seq } from "../../../journal/index.ts";
import { type Tree, emptyTree } from "../../fs/index.ts";
import {
  type Bounds,
  Budget,
  type History,
  comparableTape,
  lookup,
  runWords,
  tapeOf,
} from "../../history/index.ts";
import { type ChangedEntry, type Comparison, changedEntries } from "../versions/plan.ts";
import { HostError, type Skip } from "../disk/error.ts";
import { exportDirectory } from "./export.ts";
import { exportable } from "./exportable.ts";
import { GitImport } from "../import/git-import.ts";
import { isSameForGit } from "../versions/modes.ts";

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

const branch = "refs/heads/main";

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
  const skip = (left: Skip): void => {
    if (skipped.has(left.path)) return;
    skipped.add(left.path);
    onSkip?.(left);
  };
  const budget = new Budget("the export", bounds);
  exportDirectory(history.at(until), history.journal, target, {
    budget,
    onSkip: skip,
  });
  const folder = resolve(target);
  runGit(folder, ["init", "--quiet", "--template=", "--initial-branch=main"]);

  const git = new GitImport(
    spawnGit(folder, ["fast-import", "--quiet"]),
    tapeOf(history.journal),
    budget,
  );
  const comparison = {
    readTape: comparableTape(history.journal),
    counting: exportable("leave", skip),
  };
  let before: Tree = emptyTree();
  let commits = 0;
  let runs = 0;
  const folded = history.journal.base();
  try {
    if (folded !== undefined) {
      before = history.at(folded.seq);
      const entries = rootChanges(emptyTree(), before, comparison);
      const message = `What was folded\n\nEvents: #1..#${folded.seq}\n`;
      if (hasFiles(entries)) {
        commits += 1;
        await git.commit({ branch, time: folded.time, message, entries });
      }
    }
    for (const run of history.journal.runs()) {
      if (run.first > until) break;
      if (run.last <= (folded?.seq ?? 0)) continue;
      const seq = Math.min(run.last, until) as Seq;
      const after = history.at(seq);
      const entries = rootChanges(before, after, comparison);
      before = after;
      runs += 1;
      if (hasFiles(entries)) {
        commits += 1;
        const time = run.end?.time ?? history.journal.event(seq)?.time ?? run.start.time;
        await git.commit({ branch, time, message: messageOf(run, seq), entries });
      }
      onProgress?.({ runs, commits });
    }
    await git.finish();
  } catch (error) {
    git.stop();
    throw error;
  }
  if (commits > 0) runGit(folder, ["read-tree", "HEAD"]);
  return { commits, skipped: skipped.size };
}

function rootChanges(before: Tree, after: Tree, comparison: Comparison): ChangedEntry[] {
  return changedEntries(
    { tree: before, inode: lookup(before, "/") },
    { tree: after, inode: lookup(after, "/") },
    comparison,
  );
}

/** Tells if there is anything in it that git keeps. */
function hasFiles(entries: readonly ChangedEntry[]): boolean {
  return entries.some(
    ({ before, after, change, entries: below }) =>
      (change !== "times" &&
        !isSameForGit(change, before, after) &&
        [before, after].some((inode) => inode !== undefined && inode.type !== "directory")) ||
      hasFiles(below),
  );
}

function messageOf({ run, start, end, first }: Run, last: Seq): string {
  const [word = "", ...rest] = runWords(start);
  const words = word === start.cause ? rest : [word, ...rest];
  const title = `run:${run} ${start.cause} ${words.map(quoted).join(" ")}`.trimEnd();
  const ending = end === undefined ? "It did not end." : `Exit: ${end.exit}`;
  const reason = end?.reason === undefined ? "" : `\nReason: ${quoted(end.reason)}`;
  return `${title}\n\nEvents: #${first}..#${last}\n${ending}${reason}\n`;
}

/** Quotes a word as JSON unless it is plain. */
function quoted(word: string): string {
  return /^[\w@%+=:,./~^#-]+$/.test(word) ? word : JSON.stringify(word);
}

function checkGit(target: string): void {
  const { error, status } = spawnSync("git", ["--version"], { stdio: "ignore" });
  if (error === undefined && status === 0) return;
  throw new HostError("command", target, `cannot export to ${target}: there is no git`, {
    hint: "install git, or export a directory or a tar file",
  });
}

function runGit(folder: string, args: readonly string[]): void {
  const { status, stderr, error } = spawnSync("git", [...safely, ...args], {
    cwd: folder,
    env: environment(),
    encoding: "utf8",
  });
  if (error === undefined && status === 0) return;
  throw new HostError(
    "command",
    folder,
    `git ${args[0]} failed: ${(error?.message ?? stderr).trim()}`,
  );
}

function spawnGit(folder: string, args: readonly string[]) {
  return spawn("git", [...safely, ...args], {
    cwd: folder,
    env: environment(),
    stdio: ["pipe", "ignore", "pipe"],
  });
}

/** Names that differ only in case are different names. */
const safely = ["-c", "core.ignoreCase=false", "-c", "core.fsmonitor=false"] as const;

/** Returns the user's environment without variables that point git at another repository or at the user's settings. */
function environment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !name.startsWith("GIT_"));
  return {
    ...Object.fromEntries(kept),
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_CONFIG_GLOBAL: process.platform === "win32" ? "NUL" : "/dev/null",
    GIT_TERMINAL_PROMPT: "0",
  };
}
