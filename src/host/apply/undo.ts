import { realpathSync } from "node:fs";

import type { RunNumber, Seq } from "../../../journal/index.ts";
import type { File, FileSystem } from "../../fs/index.ts";
import {
  Budget,
  type History,
  comparableTape,
  forApplyWords,
  lookup,
  mergeGuest,
  restore,
  stepsOf,
  tapeOf,
  undoWords,
} from "../../history/index.ts";
import { unkeptBy } from "./apply.ts";
import { listChanges } from "./list.ts";
import type { ApplyOptions, ApplySummary } from "./work-out.ts";
import { checkEntries, type Verdict } from "./check.ts";
import { onlyWords } from "../versions/left.ts";
import { type ChangedEntry, changedSides, holdsSame } from "../versions/plan.ts";
import { selectEntries } from "./select.ts";
import { Applier } from "./write.ts";
import { appliedSide, commonOf, notOf } from "../versions/common.ts";
import { PathSet } from "../versions/path-set.ts";
import { HostDirectory } from "../disk/directory.ts";
import { identitiesOf } from "../disk/journal-at.ts";
import { HostError, errnoOf, hostError } from "../disk/error.ts";
import { type Folder, appliesOf, formerPlace, guestsOf, joinPath } from "../versions/moments.ts";

/**
 * Takes the last apply to a directory back on the host: each path becomes what it was before, as the journal recorded
 * it. The filesystem stays as it is, so that the same changes are offered again; but the program's texts come back that
 * the apply had merged. A path changed on the host since then is a conflict and stays. Throws HostError and
 * JournalError.
 */
export function undoApply(
  fs: FileSystem,
  history: History,
  hostPath: string,
  options: Pick<ApplyOptions, "guest" | "mode" | "budget"> = {},
): ApplySummary {
  using host = HostDirectory.open(hostPath, "apply to", identitiesOf(history.journal.file));
  const runs = history.journal.runs();
  const { folder, applied } = lastApply(history, hostPath, options.guest);
  const before = commonOf(
    history,
    runs.filter(({ run }) => run < applied.run),
    folder,
    undefined,
  );
  const { guest } = folder;
  if (before === undefined || before.folded) {
    throw new HostError(
      "conflict",
      hostPath,
      `cannot undo run:${applied.run} on ${hostPath}: the state before it is folded`,
      {
        hint: "`runs` shows what there is",
      },
    );
  }
  const foreign = notOf(history, runs, folder);
  const { seq, left: leftThen } = applied.moment;
  const tree = history.at(seq);
  const after = appliedSide(history, applied, folder, foreign);
  const all = changedSides(after, before.side, { readTape: comparableTape(history.journal) });
  const leftPaths = new PathSet(leftThen);
  const { entries } = selectEntries(all, (path) => !leftPaths.has(path));
  const { verdicts, conflicts, left, seen } = checkEntries(host, entries, history.journal);
  const budget = options.budget ?? new Budget("the apply");
  const top = before.side.inode;
  if (top?.type !== "directory") throw new Error("the imported entry is no directory");
  const changes = [...listChanges(entries, { tree, top, verdicts, budget }, "", 1)];
  const summary: ApplySummary = {
    host: folder.host,
    guest,
    since: before.since,
    changes,
    conflicts,
    resolved: [],
    left,
    gits: [],
    others: [],
    otherChanges: 0,
    stripped: [],
    folded: false,
  };
  if (options.mode === "dry-run" || changes.length === 0) return summary;
  const paths = donePaths(entries, verdicts, "");
  unsettle(fs, history, { folder, apply: applied.run, paths });
  const args = [folder.host, guest, ...undoWords(applied.run), ...onlyWords(paths)];
  const readTape = tapeOf(history.journal);
  const reasons = new Map([...conflicts, ...left].map(({ path, reason }) => [path, reason]));
  const recorded = new Set<string>();
  const parts = new Map<string, File>();
  const target = {
    host,
    tree,
    directory: top,
    readTape,
    verdicts,
    seen,
    parts,
    reasons,
    recorded,
  };
  const applier = new Applier(target);
  const { run } = fs.begin({
    cause: "apply",
    guest: folder.host,
    args,
    environment: [],
    digest: "",
  });
  try {
    applier.run(entries);
  } catch (error) {
    fs.end({ exit: 1, reason: error instanceof Error ? error.message : String(error) });
    throw errnoOf(error) === undefined
      ? error
      : hostError(error, "write to", `${hostPath}/${applier.at}`);
  }
  fs.end({ exit: 0 });
  return { ...summary, left: applier.left, stripped: applier.stripped, ...unkeptBy(applier), run };
}

interface Unsettling {
  readonly folder: Folder;
  readonly apply: RunNumber;
  /** The paths that are put back on the host. */
  readonly paths: readonly string[];
}

/** Brings back the program's version of files that an apply merged, unless they were changed since. */
function unsettle(fs: FileSystem, history: History, { folder, apply, paths }: Unsettling): void {
  const step = stepsOf(history.journal.runs()).find(({ run }) => run.run === apply);
  const merge = step?.parts.find(({ start }) => start.guest === mergeGuest);
  const applied = step?.parts.at(-1);
  if (merge === undefined || applied === undefined) return;
  const merged = new Set(merge.start.args.slice(2));
  const [before, after] = [(merge.first - 1) as Seq, history.at(applied.last)];
  const readTape = comparableTape(history.journal);
  const stayed = paths
    .filter((path) => merged.has(path))
    .map((path) => joinPath(folder.guest, path))
    .filter((path) => {
      const [then, now] = [lookup(after, path), lookup(fs.tree, path)];
      return then !== undefined && now !== undefined && holdsSame(then, now, readTape);
    });
  if (stayed.length > 0) restore(fs, history, before, { paths: stayed, words: forApplyWords });
}

function lastApply(history: History, hostPath: string, guest: string | undefined) {
  const real = realpathSync(hostPath);
  const runs = history.journal.runs();
  const known = guest === undefined ? guestsOf(runs, real) : [guest];
  const found = known.flatMap((one) => {
    const folder: Folder = { host: real, guest: one };
    const applied = appliesOf(runs, folder).at(-1);
    if (applied === undefined) return [];
    // Before the first apply to a new place, both sides agreed at the former one.
    return [{ folder: { ...folder, ...formerPlace(runs, applied.run) }, applied }];
  });
  const [last] = found.toSorted((one, other) => other.applied.run - one.applied.run);
  if (last === undefined) {
    throw new HostError("never-imported", hostPath, `there is no apply to ${hostPath} to undo`, {
      hint: "`runs` shows what there is",
    });
  }
  return last;
}

/** Returns the paths that become what they were before the apply. */
function donePaths(
  entries: readonly ChangedEntry[],
  verdicts: ReadonlyMap<ChangedEntry, Verdict>,
  above: string,
): string[] {
  return entries.flatMap((entry) => {
    const path = `${above}${entry.name}`;
    const verdict = verdicts.get(entry) ?? "do";
    if (verdict === "leave" || verdict === "overwrite" || verdict === "keep") return [];
    const inside = donePaths(entry.entries, verdicts, `${path}/`);
    return entry.change === "within" || verdict === "skip" ? inside : [path, ...inside];
  });
}
