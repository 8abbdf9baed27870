import { createHash } from "node:crypto";
import { statSync } from "node:fs";
import { resolve } from "node:path";

import type { Seq } from "../../../journal/index.ts";
import { type Inode, type Directory, isSpecial, type Special } from "../../fs/index.ts";
import {
  Budget,
  type Counting,
  type History,
  type ReadTape,
  comparableTape,
  readPieces,
  tapeOf,
} from "../../history/index.ts";
import { HostError } from "../disk/error.ts";
import { GitImport } from "../import/git-import.ts";
import { gitModeOf } from "../versions/modes.ts";
import type { ChangedEntry } from "../versions/plan.ts";
import { exportable } from "./exportable.ts";
import { type GitOptions, type GitSummary, eachOnce, finished } from "./git.ts";
import { checkGit, runGit, spawnGit } from "./git-command.ts";
import { commitRuns } from "./git-runs.ts";

/** Options of a branch in a repository that exists. */
export interface GitBranchOptions extends GitOptions {
  /** The branch's name: a new one, or one that this made from the same journal and path, which goes on. */
  readonly branch: string;
  /** The directory whose entries the repository gets; all by default. */
  readonly path?: string;
  /** The commit that a new branch begins at; HEAD by default. "nothing" begins it without a past. */
  readonly onto?: string;
}

/** Adds the commit that the branch ended at before. */
export interface GitBranchSummary extends GitSummary {
  readonly was: string | undefined;
}

/**
 * Writes runs to a branch of an existing repository, a commit for each that changed files below the path. A commit has
 * all files of the one before but for what the run did: what the journal never had stays. Neither the checkout nor the
 * index nor any other branch is touched, and no hook runs. Throws HostError.
 */
export async function exportGitBranch(
  history: History,
  target: string,
  { branch, path = "/", onto, until = history.journal.head(), ...options }: GitBranchOptions,
): Promise<GitBranchSummary> {
  checkGit(target);
  const folder = resolve(target);
  requireRepository(folder, target);
  const name = branchName(folder, branch);
  const place = placeIn(folder, target, name);
  const label = `${history.journal.id} ${JSON.stringify(path)}`;
  const reached = place === undefined ? "nothing" : reachedBy(folder, branch, place, label);
  if (reached !== "nothing" && onto !== undefined)
    throw new HostError("exists", target, `cannot begin ${branch} at ${onto}: the branch exists`, {
      hint: "leave --onto out, and it goes on",
    });
  const parent = place ?? beginning(folder, onto);
  const skipped = new Set<string>();
  const skip = eachOnce(skipped, options.onSkip);
  const there = parent === undefined ? undefined : filesAt(folder, parent);
  const budget = new Budget("the export", options.bounds ?? {});
  const readTape = tapeOf(history.journal);
  const git = new GitImport(spawnGit(folder, ["fast-import", "--quiet"], "user"), readTape, budget);
  const commits = await finished(git, () =>
    commitRuns(git, {
      history,
      path,
      after: reached,
      until,
      branch: name,
      ...(parent === undefined ? {} : { parent }),
      comparison: {
        readTape: comparableTape(history.journal),
        counting: both(exportable("leave", skip), outsideOf(there, skip)),
      },
      ...(there === undefined || reached !== "nothing"
        ? {}
        : { reduced: (entries) => Promise.resolve(lackedBy(there, entries, readTape)) }),
      trailer: (seq) => `Rewindfs: ${label} #${seq}`,
      ...(options.onProgress === undefined ? {} : { onProgress: options.onProgress }),
    }),
  );
  return { commits, skipped: skipped.size, was: place };
}

function requireRepository(folder: string, target: string): void {
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true)
    throw new HostError("missing", target, `cannot export to ${target}: it is no directory`, {
      hint: "--branch wants a repository that exists; without it --git makes a new one",
    });
  try {
    runGit(folder, ["rev-parse", "--git-dir"], "user");
  } catch (error) {
    if (!(error instanceof HostError)) throw error;
    throw new HostError("not-directory", target, `cannot export to ${target}: ${error.message}`, {
      hint: "--branch wants a repository that exists; without it --git makes a new one",
      cause: error,
    });
  }
}

/** Returns the whole name of a branch. Throws HostError for a name that git does not take. */
function branchName(folder: string, branch: string): string {
  let taken: string;
  try {
    taken = runGit(folder, ["check-ref-format", "--branch", branch], "user").trimEnd();
  } catch (error) {
    if (!(error instanceof HostError)) throw error;
    taken = "";
  }
  // Git takes @{-1} for the branch that was checked out before.
  if (branch !== "" && taken === branch) return `refs/heads/${branch}`;
  throw new HostError("bad-path", branch, `${branch} is no name for a branch`, {
    hint: "git check-ref-format --branch NAME tells what git takes",
  });
}

/**
 * Returns the commit at the end of a branch; undefined if there is none. Throws HostError if it is checked out, or stands
 * for another branch, which may be.
 */
function placeIn(folder: string, target: string, name: string): string | undefined {
  // A branch without commits is in no list.
  const checkedOut = runGit(folder, ["worktree", "list", "--porcelain"], "user")
    .split("\n")
    .includes(`branch ${name}`);
  const what = checkedOut
    ? `is checked out in ${target}`
    : standsForAnother(folder, name)
      ? "stands for another branch"
      : undefined;
  if (what !== undefined)
    throw new HostError(
      "exists",
      target,
      `cannot export to ${name.slice("refs/heads/".length)}: it ${what}`,
      { hint: "give the name of a new branch, and merge that" },
    );
  const rows = runGit(folder, ["for-each-ref", "--format=%(objectname) %(refname)", name], "user");
  // Git lists what is below a branch's name, too.
  const row = rows.split("\n").find((one) => one.endsWith(` ${name}`));
  return row?.split(" ")[0];
}

/** Tells if git would write to another branch in its place, even if that has no commit yet. */
function standsForAnother(folder: string, name: string): boolean {
  try {
    return runGit(folder, ["symbolic-ref", "--quiet", name], "user") !== "";
  } catch (error) {
    if (!(error instanceof HostError)) throw error;
    return false;
  }
}

/** Returns the moment that a branch of ours has reached. Throws HostError if it is another's. */
function reachedBy(folder: string, branch: string, commit: string, label: string): Seq {
  // Not `log`, which a repository's settings can have check signatures by a program of their choice.
  const message = runGit(folder, ["cat-file", "commit", commit], "user");
  const trailer = message.trimEnd().split("\n").at(-1) ?? "";
  const seq = trailer.startsWith(`Rewindfs: ${label} #`)
    ? /#(\d{1,15})$/.exec(trailer)?.[1]
    : undefined;
  if (seq !== undefined) return Number(seq) as Seq;
  throw new HostError(
    "exists",
    branch,
    `cannot export to ${branch}: the branch exists, and its last commit is not of this journal and path`,
    { hint: "give the name of a new branch" },
  );
}

/** Returns the commit that a new branch begins at; undefined for none. */
function beginning(folder: string, onto: string | undefined): string | undefined {
  if (onto === "nothing") return undefined;
  try {
    const commit = `${onto ?? "HEAD"}^{commit}`;
    return runGit(folder, ["rev-parse", "--verify", "--quiet", "--end-of-options", commit], "user")
      .trim()
      .slice(-64);
  } catch (error) {
    if (!(error instanceof HostError)) throw error;
    // A repository without commits has no HEAD yet.
    if (onto === undefined) return undefined;
    throw new HostError("missing", onto, `there is no commit ${onto} in ${folder}`, {
      hint: "--onto takes what git rev-parse takes",
    });
  }
}

interface GitFile {
  readonly mode: string;
  readonly blob: string;
}

/** Lists the files of a commit by path. */
function filesAt(folder: string, commit: string): ReadonlyMap<string, GitFile> {
  const list = runGit(folder, ["ls-tree", "-r", "-z", "--full-tree", commit], "user");
  const files = new Map<string, GitFile>();
  for (const row of list.split("\0")) {
    const found = /^(\d+) \w+ ([0-9a-f]+)\t([^]+)$/.exec(row);
    if (found === null) continue;
    const [, mode = "", blob = "", path = ""] = found;
    files.set(path, { mode, blob });
  }
  return files;
}

const submodule = "160000";

/** Leaves out what the repository has as another one's. */
function outsideOf(
  there: ReadonlyMap<string, GitFile> | undefined,
  skip: (left: { path: string; reason: string }) => void,
): Counting {
  return (_, above) =>
    ({ name }) => {
      const path = `${above}/${name}`.replace(/^\/+/, "");
      if (there?.get(path)?.mode !== submodule) return true;
      skip({ path: `/${path}`, reason: "the repository has it as a submodule" });
      return false;
    };
}

function both(one: Counting, other: Counting): Counting {
  return (names, path) => {
    const [first, second] = [one(names, path), other(names, path)];
    return (entry) => first(entry) && second(entry);
  };
}

/** Leaves out the entries that a commit has already. */
function lackedBy(
  there: ReadonlyMap<string, GitFile>,
  entries: readonly ChangedEntry[],
  readTape: ReadTape,
  above = "",
): ChangedEntry[] {
  return entries.flatMap((entry) => {
    const path = `${above}${entry.name}`;
    const { after } = entry;
    if (after?.type === "directory") {
      const below = lackedBy(there, entry.entries, readTape, `${path}/`);
      return below.length === 0 ? [] : [{ ...entry, entries: below }];
    }
    const known = there.get(path);
    return after !== undefined &&
      !isSpecial(after) &&
      known !== undefined &&
      isSame(known, after, readTape)
      ? []
      : [entry];
  });
}

function isSame(
  { mode, blob }: GitFile,
  inode: Exclude<Inode, Directory | Special>,
  readTape: ReadTape,
): boolean {
  if (mode !== gitModeOf(inode)) return false;
  const pieces =
    inode.type === "symlink" ? [Buffer.from(inode.target)] : readPieces(inode, readTape);
  const size = inode.type === "symlink" ? Buffer.byteLength(inode.target) : inode.content.size;
  const hash = createHash(blob.length === 64 ? "sha256" : "sha1").update(`blob ${size}\0`);
  for (const piece of pieces) hash.update(piece);
  return hash.digest("hex") === blob;
}
