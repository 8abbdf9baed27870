import type { RunNumber } from "../../../journal/index.ts";
import type { File, FileSystem } from "../../fs/index.ts";
import { type History, tapeOf } from "../../history/index.ts";
import { HostDirectory } from "../disk/directory.ts";
import { identitiesOf } from "../disk/journal-at.ts";
import { HostError, errnoOf, hostError } from "../disk/error.ts";
import { finishSettling, resolveConflicts } from "../import/conflicts.ts";
import type { Resolution } from "../import/options.ts";
import { leftReason, leftWords, partWords, pathsText } from "../versions/left.ts";
import { wasWords } from "../versions/moments.ts";
import { bringChanged, unreadableIn } from "./bring.ts";
import { holdsOthers } from "./check.ts";
import { removeLeftovers } from "./leftovers.ts";
import { PartRecorder, removeNamedParts } from "./record-parts.ts";
import {
  type ApplyOptions,
  type ApplySummary,
  type Target,
  type Worked,
  workOut,
} from "./work-out.ts";
import { Applier } from "./write.ts";

/**
 * Brings changes made in the filesystem since both sides last agreed to the host's directory, as a run that records
 * them. A path changed on the host too is a conflict and stays as it is on both sides, unless `conflicts` decides: the
 * host's version is recorded in the journal before it is replaced. Files are replaced in one step each and keep their
 * mode, but for setuid, setgid and sticky; nothing is written through a symlink, or outside the directory. The journal
 * must have been verified: a forged one can claim anything. Throws HostError and JournalError.
 */
export function applyToHost(
  fs: FileSystem,
  history: History,
  hostPath: string,
  options: ApplyOptions = {},
): ApplySummary {
  using host = HostDirectory.open(hostPath, "apply to", identitiesOf(history.journal.file));
  if (options.mode !== "dry-run") {
    finishSettling(fs, history);
    removeNamedParts(fs, history);
  }
  let plan = workOut(fs.tree, history, { host, hostPath }, options);
  options.onPlan?.(plan.summary);
  if (options.mode === "dry-run") return plan.summary;
  const resolved = settle(fs, history, host, plan, options.conflicts ?? "leave");
  if (resolved.length > 0) plan = workOut(fs.tree, history, { host, hostPath }, options);
  const summary = withoutSettled({ ...plan.summary, resolved });
  const named = [...summary.gits, ...summary.conflicts].map(({ path }) => path);
  const unread = unreadableIn(history.journal, plan.folder, plan.entries);
  const left = [...new Set([...named, ...summary.others, ...unread])];
  removeLeftovers(host, plan.common.worked);
  if (!hasWork(plan, summary)) return summary;
  const { applier, run } = perform(fs, history, { host, hostPath }, plan, {
    summary,
    left,
  });
  const stayed = new Set(applier.left.map(({ path }) => path));
  const changes = summary.changes.map((change) =>
    stayed.has(change.path) && change.host === "changes"
      ? { ...change, host: "left" as const }
      : change,
  );
  // A path left as a conflict is reported as a conflict only.
  const told = new Set(summary.conflicts.map(({ path }) => path));
  const others = applier.left.filter(({ path }) => !told.has(path));
  return {
    ...summary,
    changes,
    left: [...plan.stale, ...others],
    stripped: applier.stripped,
    ...unkeptBy(applier),
    run,
  };
}

/** Returns why attributes of replaced files were lost, where some were. */
export function unkeptBy({ unkept }: Applier): Pick<ApplySummary, "unkept"> {
  return unkept === undefined ? {} : { unkept };
}

/** Settles the conflicts in the journal; a settled path is a plain change afterwards, or none. */
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
  return paths.length === 0
    ? []
    : resolveConflicts(fs, history, { directory, folder, paths, how, by: "apply" });
}

/** Removes settled paths from the conflicts; a settled path may still be a conflict for another reason. */
function withoutSettled(summary: ApplySummary): ApplySummary {
  const settled = new Set(summary.resolved);
  const conflicts = summary.conflicts.filter(({ path }) => !settled.has(path));
  return { ...summary, conflicts };
}

function hasWork({ entries }: Worked, { changes, resolved, stopped }: ApplySummary): boolean {
  // The completion of a stopped apply must be recorded, or later applies keep checking it.
  if (entries.length === 0) return stopped !== undefined;
  return (
    resolved.length > 0 || changes.some(({ host }) => host === "changes" || host === "already")
  );
}

function perform(
  fs: FileSystem,
  history: History,
  { host, hostPath }: Target,
  { folder, directory, entries, verdicts, seen, parts }: Worked,
  { summary, left }: { readonly summary: ApplySummary; readonly left: readonly string[] },
): { applier: Applier; run: RunNumber } {
  const readTape = tapeOf(history.journal);
  const stays = [...summary.conflicts, ...summary.left];
  const reasons = new Map(stays.map(({ path, reason }) => [path, reason]));
  const recorded = new Set(summary.resolved);
  const real = folder.host;
  const lists = [...partWords([...parts.keys()]), ...leftWords(left)];
  const args = [real, folder.guest, ...wasWords(folder), ...lists];
  const { run } = fs.begin({ cause: "apply", guest: real, args, environment: [], digest: "" });
  using recorder = new PartRecorder(fs);
  const files = new Map<string, File>();
  const target = { host, tree: fs.tree, directory, readTape, verdicts, seen, reasons, recorded };
  const applier = new Applier({ ...target, parts: files });
  try {
    bringChanged(fs, history.journal, folder, entries);
    for (const [path, file] of recorder.record(parts)) files.set(path, file);
    applier.run(entries);
  } catch (error) {
    if (fs.failure !== undefined) throw fs.failure;
    const reason = error instanceof Error ? error.message : String(error);
    fs.end({ exit: 1, reason });
    if (errnoOf(error) === undefined) throw error;
    const { message } = hostError(error, "write to", `${hostPath}/${applier.at}`) as Error;
    throw new HostError(
      "io",
      hostPath,
      `the apply stopped after ${pathsText(applier.done)}: ${message}`,
      {
        hint: "apply again to continue: finished changes are skipped",
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
