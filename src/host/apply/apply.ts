import { existsSync, realpathSync } from "node:fs";
import { resolve } from "node:path";

import type { RunNumber, Seq } from "../../../journal/index.ts";
import type { Directory, FileSystem, Inode, Tree } from "../../fs/index.ts";
import {
  Budget,
  type Change,
  type History,
  comparableTape,
  lookup,
  tapeOf,
} from "../../history/index.ts";
import { checkEntries, holdsOthers } from "./check.ts";
import { leftReason, leftWords, pathsText } from "../versions/left.ts";
import { changesOf } from "./as-changes.ts";
import { chooseFolder } from "./origin.ts";
import { type ChangedEntry, changedSides } from "../versions/plan.ts";
import { withoutGit } from "./git.ts";
import { selectEntries } from "./select.ts";
import { removeLeftovers } from "./leftovers.ts";
import { Applier } from "./write.ts";
import { type Common, folderSide } from "../versions/common.ts";
import { resolveConflicts } from "../import/conflicts.ts";
import type { Resolution } from "../import/options.ts";
import { HostDirectory } from "../disk/directory.ts";
import { HostError, type Skip, errnoOf, hostError } from "../disk/error.ts";
import { type Folder, wasWords } from "../versions/moments.ts";
import { warningOf } from "../disk/warning.ts";

export interface ApplyOptions {
  /** What changed since this moment is applied; since what was last common unless told otherwise. */
  readonly since?: Seq;
  /** The path in the filesystem whose changes are applied, where the directory was imported to several. */
  readonly guest?: string;
  /** Where the directory stood when it was imported, if not where it stands now. */
  readonly was?: string;
  /** Which paths, below the directory, are applied; all unless given. What is not stays offered. */
  readonly selects?: (path: string) => boolean;
  /** What becomes of what was changed on both sides; "leave" unless given. */
  readonly conflicts?: Resolution;
  /** Whether git's own files are applied: git runs what stands in its hooks and its configuration. "leave" unless given. */
  readonly git?: "leave" | "apply";
  /** What it may cost; as much as no guest can make by default. */
  readonly budget?: Budget;
  /** Works it out and changes nothing. */
  readonly mode?: "do" | "dry-run";
}

/** One path below the host's directory that changes. */
export interface AppliedChange {
  readonly path: string;
  readonly change: "added" | "removed" | "modified" | "type-changed" | "mode" | "times";
  readonly type: "file" | "directory" | "symlink";
  /** Where a symlink that comes leads to. */
  readonly target?: string;
  /** Why a person should look at it first: a tool of the host acts on it by itself, or it leads out of the directory. */
  readonly warning?: string;
  /** "already": the host has it so. "conflict": it was changed on both sides. "left": it cannot be done on this host. */
  readonly host: "changes" | "already" | "conflict" | "left";
}

export interface ApplySummary {
  /** The directory's real path on the host, and its path in the filesystem. */
  readonly host: string;
  readonly guest: string;
  readonly since: Seq;
  readonly changes: readonly AppliedChange[];
  /** What was changed on both sides, and is left as it is on both. */
  readonly conflicts: readonly Skip[];
  /** What was changed on both sides, and is settled. */
  readonly resolved: readonly string[];
  /** What could not be done: a directory that is to go stays for what else it holds, and so on. */
  readonly left: readonly Skip[];
  /** What git takes for its own, and was not asked for. */
  readonly gits: readonly Skip[];
  /** What was not asked for: paths that stay offered, each with all below it. */
  readonly others: readonly string[];
  /** Files that were setuid, setgid or sticky on the host, and are no longer. */
  readonly stripped: readonly string[];
  /** Why access control lists and extended attributes of replaced files may be lost; absent where they were kept. */
  readonly unkept?: string;
  /** An earlier apply that did not come to its end: what of it the host has counts as applied. */
  readonly stopped?: RunNumber;
  /** Whether what was last common is folded: nothing tells then who changed what. */
  readonly folded: boolean;
  /** The run that tells of it in the journal; none for a dry run, or when there was nothing to do. */
  readonly run?: RunNumber;
}

/**
 * Brings what changed in the filesystem since it was last common back to the host's directory, as a run that tells of it.
 * What was changed on the host too is a conflict, and stays as it is on both sides unless `conflicts` says what counts:
 * the host's version is recorded in the journal before anything goes over it. Files are replaced in one step each and
 * keep their mode, but for setuid, setgid and sticky; nothing is written through a symlink, or outside the directory. The
 * journal must have been verified: a forged one can tell anything. Throws HostError and JournalError.
 */
export function applyToHost(
  fs: FileSystem,
  history: History,
  hostPath: string,
  options: ApplyOptions = {},
): ApplySummary {
  using host = HostDirectory.open(hostPath, "apply to");
  let plan = workOut(fs.tree, history, { host, hostPath }, options);
  if (options.mode === "dry-run") return plan.summary;
  const resolved = settle(fs, history, host, plan, options.conflicts ?? "leave");
  if (resolved.length > 0) plan = workOut(fs.tree, history, { host, hostPath }, options);
  const summary = withoutSettled({ ...plan.summary, resolved });
  const left = [...summary.gits, ...summary.conflicts].map(({ path }) => path);
  if (!hasWork(plan, summary)) return summary;
  removeLeftovers(host, plan.common.worked);
  const { applier, run } = perform(fs, history, { host, hostPath }, plan, {
    summary,
    left: [...left, ...summary.others],
  });
  const stayed = new Set(applier.left.map(({ path }) => path));
  const changes = summary.changes.map((change) =>
    stayed.has(change.path) && change.host === "changes"
      ? { ...change, host: "left" as const }
      : change,
  );
  // What it left as a conflict is told as one.
  const told = new Set(summary.conflicts.map(({ path }) => path));
  const others = applier.left.filter(({ path }) => !told.has(path));
  return {
    ...summary,
    changes,
    left: others,
    stripped: applier.stripped,
    ...unkeptBy(applier),
    run,
  };
}

/** What of the attributes of files that an apply replaced was lost. */
export function unkeptBy({ unkept }: Applier): Pick<ApplySummary, "unkept"> {
  return unkept === undefined ? {} : { unkept };
}

/**
 * What `applyToHost` would do just after event `at`, if that were the last; a journal that is only read, and that another
 * goes on to write, will do. Throws HostError.
 */
export function planApply(
  history: History,
  at: Seq,
  hostPath: string,
  options: Omit<ApplyOptions, "mode" | "conflicts"> = {},
): ApplySummary {
  using host = HostDirectory.open(hostPath, "apply to");
  return workOut(history.at(at), history, { host, hostPath }, options).summary;
}

/** What an apply would bring, as changes of the filesystem: what was renamed is one change. */
export function changesToApply(
  history: History,
  at: Seq,
  hostPath: string,
  options: Omit<ApplyOptions, "mode" | "conflicts"> = {},
): Change[] {
  using host = HostDirectory.open(hostPath, "apply to");
  const { entries, verdicts, folder } = workOut(
    history.at(at),
    history,
    { host, hostPath },
    options,
  );
  return changesOf(entries, verdicts, folder.guest);
}

interface Target {
  readonly host: HostDirectory;
  readonly hostPath: string;
}

/** Settles the conflicts in the journal; what is settled is a plain change afterwards, or none. */
function settle(
  fs: FileSystem,
  history: History,
  directory: HostDirectory,
  { summary, folder, forcible }: Worked,
  how: Resolution,
): string[] {
  if (how === "leave" || summary.conflicts.length === 0) return [];
  const all = summary.conflicts.map(({ path }) => path);
  const paths = how === "ours" ? all : all.filter((path) => forcible.has(path));
  return paths.length === 0 ? [] : resolveConflicts(fs, history, { directory, folder, paths, how });
}

/** What was settled and stays a conflict for another reason is gone over all the same. */
function withoutSettled(summary: ApplySummary): ApplySummary {
  const settled = new Set(summary.resolved);
  const conflicts = summary.conflicts.filter(({ path }) => !settled.has(path));
  return { ...summary, conflicts };
}

function hasWork({ entries }: Worked, { changes, resolved }: ApplySummary): boolean {
  if (entries.length === 0) return false;
  return (
    resolved.length > 0 || changes.some(({ host }) => host === "changes" || host === "already")
  );
}

function perform(
  fs: FileSystem,
  history: History,
  { host, hostPath }: Target,
  { folder, directory, entries, verdicts }: Worked,
  { summary, left }: { readonly summary: ApplySummary; readonly left: readonly string[] },
): { applier: Applier; run: RunNumber } {
  const readTape = tapeOf(history.journal);
  const stays = [...summary.conflicts, ...summary.left];
  const reasons = new Map(stays.map(({ path, reason }) => [path, reason]));
  const recorded = new Set(summary.resolved);
  const applier = new Applier({
    host,
    tree: fs.tree,
    directory,
    readTape,
    verdicts,
    reasons,
    recorded,
  });
  const real = folder.host;
  const args = [real, folder.guest, ...wasWords(folder), ...leftWords(left)];
  const { run } = fs.begin({ cause: "apply", guest: real, args, environment: [], digest: "" });
  try {
    applier.run(entries);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    fs.end({ exit: 1, reason });
    if (errnoOf(error) === undefined) throw error;
    const { message } = hostError(error, "write to", `${hostPath}/${applier.at}`) as Error;
    throw new HostError(
      "io",
      hostPath,
      `the apply stopped after ${pathsText(applier.done)}: ${message}`,
      {
        hint: "apply again to go on: what is done already is passed over",
        cause: error,
      },
    );
  }
  const told = new Set(left);
  const untold = applier.left.filter(
    ({ path, reason }) => !told.has(path) && !reason.startsWith(holdsOthers),
  );
  if (untold.length === 0) fs.end({ exit: 0 });
  else fs.end({ exit: 1, reason: leftReason(untold) });
  return { applier, run };
}

/** What is to be done, before anything is. */
interface Worked {
  readonly summary: ApplySummary;
  readonly folder: Folder;
  readonly common: Common;
  readonly directory: Directory;
  readonly entries: readonly ChangedEntry[];
  readonly verdicts: ReturnType<typeof checkEntries>["verdicts"];
  /** Conflicts that can be gone over. */
  readonly forcible: ReadonlySet<string>;
}

/** Compares what changed since it was last common with what the host has. */
function workOut(
  tree: Tree,
  history: History,
  { host, hostPath }: Target,
  options: Omit<ApplyOptions, "mode" | "conflicts">,
): Worked {
  const real = realpathSync(hostPath);
  const was = options.was === undefined ? real : realOf(options.was);
  const found = chooseFolder(tree, history, { real, was, chosen: options.guest }, host);
  const { folder } = found;
  const { guest } = folder;
  const common =
    options.since === undefined
      ? found.common
      : {
          ...found.common,
          since: options.since,
          folded: false,
          side: folderSide(history.at(options.since), guest, found.common.foreign),
        };
  const directory = lookup(tree, guest);
  if (directory?.type !== "directory") {
    throw new HostError("missing", hostPath, `cannot apply to ${hostPath}: ${guest} is gone`, {
      hint: "redo or restore what removed it",
    });
  }
  const now = folderSide(tree, guest, common.foreign);
  const readTape = comparableTape(history.journal);
  const all = changedSides(common.side, now, { readTape });
  const { entries: asked, left: gits } =
    options.git === "apply"
      ? { entries: all, left: [] }
      : withoutGit(all, { host, before: common.side, after: now });
  const { entries, others } =
    options.selects === undefined
      ? { entries: asked, others: [] }
      : selectEntries(asked, options.selects);
  const { verdicts, conflicts, left } = checkEntries(host, entries, history.journal);
  const budget = options.budget ?? new Budget("the apply");
  const changes = [...listChanges(entries, { tree, top: directory, verdicts, budget }, "", 1)];
  const forcible = new Set(
    changes.filter((change) => change.host === "conflict").map(({ path }) => path),
  );
  const { since, stopped, folded } = common;
  const summary: ApplySummary = {
    host: real,
    guest,
    since,
    changes,
    conflicts,
    resolved: [],
    left,
    gits,
    others,
    stripped: [],
    folded,
    ...(stopped === undefined ? {} : { stopped }),
  };
  return { summary, folder, common, directory, entries, verdicts, forcible };
}

/** Where a folder stood that may be gone. */
function realOf(path: string): string {
  return existsSync(path) ? realpathSync(path) : resolve(path);
}

/** What a list of changes is made with. */
export interface Listing {
  readonly tree: Tree;
  readonly top: Inode;
  readonly verdicts: ReturnType<typeof checkEntries>["verdicts"];
  readonly budget: Budget;
}

/** Lists changes for people, each directory before what is in it. Throws BudgetError. */
export function* listChanges(
  entries: readonly ChangedEntry[],
  plan: Listing,
  above: string,
  depth: number,
  inherited: "do" | "leave" | "already" = "do",
): Generator<AppliedChange> {
  for (const entry of entries) {
    const { change, before, after } = entry;
    plan.budget.path(depth);
    const path = `${above}${entry.name}`;
    const verdict = plan.verdicts.get(entry) ?? inherited;
    const isShown = change !== "within" || verdict === "overwrite" || verdict === "leave";
    if (isShown && verdict !== "skip") {
      if (change !== "times" && change !== "mode" && after?.type === "file")
        plan.budget.bytes(after.content.mapped);
      const warning =
        change === "times" ? undefined : warningOf(plan.tree, plan.top, { path, before, after });
      yield {
        path,
        change: change === "within" ? "modified" : change,
        type: (after ?? before)?.type ?? "file",
        host: fates[verdict],
        ...(after?.type === "symlink" ? { target: after.target } : {}),
        ...(warning === undefined ? {} : { warning: warning.reason }),
      };
    }
    // What is to be below a path that is left alone has no place to go.
    const isGone = verdict === "already" && after === undefined;
    const below =
      verdict === "leave" || verdict === "overwrite" ? "leave" : isGone ? "already" : "do";
    yield* listChanges(entry.entries, plan, `${path}/`, depth + 1, below);
  }
}

const fates = {
  do: "changes",
  already: "already",
  overwrite: "conflict",
  leave: "left",
  keep: "left",
} as const;
