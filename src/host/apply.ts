import { realpathSync } from "node:fs";

import type { RunNumber, Seq } from "../../journal/index.ts";
import type { FileSystem, Inode, Tree } from "../fs/index.ts";
import { Budget, type History, comparableTape, lookup, tapeOf } from "../history/index.ts";
import { checkEntries } from "./apply-check.ts";
import { changedSince } from "./apply-changes.ts";
import { leftReason, leftWords, pathsText } from "./apply-left.ts";
import { type Origin, originOf } from "./apply-origin.ts";
import type { ChangedEntry } from "./apply-plan.ts";
import { withoutGit } from "./apply-git.ts";
import { Applier } from "./apply-write.ts";
import { HostDirectory } from "./directory.ts";
import { HostError, type Skip, errnoOf, hostError } from "./error.ts";
import { warningOf } from "./warning.ts";

export interface ApplyOptions {
  /** What changed since this moment is applied; since the last import or apply of the directory unless told otherwise. */
  readonly since?: Seq;
  /** The path in the filesystem whose changes are applied, where the directory was imported to several. */
  readonly guest?: string;
  /** What to do where the host's entry is not what was imported: apply nothing, or overwrite it. */
  readonly changed?: "refuse" | "overwrite";
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
  /** "already": the host has it so. "conflict": it goes over what was not imported. "left": not even by force. */
  readonly host: "changes" | "already" | "conflict" | "left";
}

export interface ApplySummary {
  /** The directory's real path on the host, and its path in the filesystem. */
  readonly host: string;
  readonly guest: string;
  readonly since: Seq;
  readonly changes: readonly AppliedChange[];
  /** What on the host is not as it was imported. */
  readonly conflicts: readonly Skip[];
  /** What is left alone although it was to be overwritten: nothing that was never imported is deleted. */
  readonly left: readonly Skip[];
  /** Files that were setuid, setgid or sticky on the host, and are no longer. */
  readonly stripped: readonly string[];
  /** Why access control lists and extended attributes of replaced files may be lost; absent where they were kept. */
  readonly unkept?: string;
  /** An earlier apply that did not come to its end: what of it was undone since is not known, and not taken back. */
  readonly stopped?: RunNumber;
  /** The run that tells of it in the journal; none for a dry run, or when there was nothing to do. */
  readonly run?: RunNumber;
}

/**
 * Brings what changed since an import back to the host's directory, as a run that tells of it. Where the host's entries
 * are not what was imported, nothing is changed at all. Files are replaced in one step each and keep their mode, but
 * for setuid, setgid and sticky; nothing is written through a symlink, or outside the directory. The journal must have
 * been verified: a forged one can tell anything. Throws HostError and JournalError.
 */
export function applyToHost(
  fs: FileSystem,
  history: History,
  hostPath: string,
  options: ApplyOptions = {},
): ApplySummary {
  using host = HostDirectory.open(hostPath, "apply to");
  const plan = workOut(fs.tree, history, { host, hostPath }, options);
  const { summary, directory, entries, verdicts, gits } = plan;
  const { host: real, guest, changes, conflicts } = summary;
  const { mode = "do" } = options;
  if (mode === "dry-run" || changes.length === 0) return summary;
  if (conflicts.length > 0 && options.changed !== "overwrite") throw refusal(hostPath, conflicts);

  const readTape = tapeOf(history.journal);
  const reasons = new Map(conflicts.map(({ path, reason }) => [path, reason]));
  const applier = new Applier({ host, tree: fs.tree, directory, readTape, verdicts, reasons });
  const force = conflicts.length > 0 ? ["--force"] : [];
  const args = [real, guest, ...force, ...leftWords(summary.left)];
  const { run } = fs.begin({ cause: "apply", guest: real, args, environment: [], digest: "" });
  try {
    applier.run(entries);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    fs.end({ exit: 1, reason });
    if (errnoOf(error) === undefined) throw error;
    const { message } = hostError(error, "write to", hostPath) as Error;
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
  const stayed = [...gits, ...applier.left];
  if (stayed.length === 0) fs.end({ exit: 0 });
  else fs.end({ exit: 1, reason: leftReason(stayed.length) });
  return { ...summary, left: stayed, stripped: applier.stripped, ...unkeptBy(applier), run };
}

function unkeptBy({ unkept }: Applier): Pick<ApplySummary, "unkept"> {
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
  options: Pick<ApplyOptions, "since" | "guest" | "git" | "budget"> = {},
): ApplySummary {
  using host = HostDirectory.open(hostPath, "apply to");
  return workOut(history.at(at), history, { host, hostPath }, options).summary;
}

/** Compares what changed since the import with what the host has. */
function workOut(
  tree: Tree,
  history: History,
  { host, hostPath }: { readonly host: HostDirectory; readonly hostPath: string },
  options: Pick<ApplyOptions, "since" | "guest" | "git" | "budget">,
) {
  const real = realpathSync(hostPath);
  const { guest, bases: last, stopped } = originOf(tree, history, real, options.guest);
  const bases: Origin["bases"] =
    options.since === undefined ? last : [{ seq: options.since, left: [] }];
  const directory = lookup(tree, guest);
  if (directory?.type !== "directory") {
    throw new HostError("missing", hostPath, `cannot apply to ${hostPath}: ${guest} is gone`, {
      hint: "redo or restore what removed it",
    });
  }
  const changed = changedSince(history, bases, tree, guest, comparableTape(history.journal));
  const before = lookup(history.at(bases[0].seq), guest);
  const { entries, left: gits } =
    options.git === "apply"
      ? { entries: changed, left: [] }
      : withoutGit(changed, { host, before, after: directory });
  const { verdicts, conflicts, left: checked } = checkEntries(host, entries, history.journal);
  const left = [...gits, ...checked];
  const budget = options.budget ?? new Budget("the apply");
  const changes = [...listChanges(entries, { tree, top: directory, verdicts, budget }, "", 1)];
  const summary: ApplySummary = {
    host: real,
    guest,
    since: bases[0].seq,
    changes,
    conflicts,
    left,
    stripped: [],
    ...(stopped === undefined ? {} : { stopped }),
  };
  return { summary, directory, entries, verdicts, gits };
}

interface Plan {
  readonly tree: Tree;
  readonly top: Inode;
  readonly verdicts: ReturnType<typeof checkEntries>["verdicts"];
  readonly budget: Budget;
}

function* listChanges(
  entries: readonly ChangedEntry[],
  plan: Plan,
  above: string,
  depth: number,
  inherited: "do" | "leave" = "do",
): Generator<AppliedChange> {
  for (const entry of entries) {
    const { change, before, after } = entry;
    plan.budget.path(depth);
    const path = `${above}${entry.name}`;
    const verdict = plan.verdicts.get(entry) ?? inherited;
    if (change !== "within" && verdict !== "skip") {
      if (change !== "times" && change !== "mode" && after?.type === "file")
        plan.budget.bytes(after.content.mapped);
      const warning =
        change === "times" ? undefined : warningOf(plan.tree, plan.top, { path, before, after });
      yield {
        path,
        change,
        type: (after ?? before)?.type ?? "file",
        host: fates[verdict],
        ...(after?.type === "symlink" ? { target: after.target } : {}),
        ...(warning === undefined ? {} : { warning: warning.reason }),
      };
    }
    // What is to be below a path that is left alone has no place to go.
    const below = verdict === "leave" ? "leave" : "do";
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

function refusal(hostPath: string, conflicts: readonly Skip[]): HostError {
  const what =
    conflicts.length === 1
      ? "1 path is not what was imported"
      : `${conflicts.length} paths are not what was imported`;
  return new HostError("conflict", hostPath, `nothing was applied to ${hostPath}: ${what}`, {
    hint: "`apply --dry-run` tells of all, --force overwrites them, an import takes the host's version in",
    conflicts,
  });
}
