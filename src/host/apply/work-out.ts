import { existsSync, realpathSync } from "node:fs";
import { resolve } from "node:path";

import type { RunNumber, Seq } from "../../../journal/index.ts";
import type { Directory, Tree } from "../../fs/index.ts";
import { Budget, type History, comparableTape, lookup, tapeOf } from "../../history/index.ts";
import type { PartFile } from "../choose/chosen.ts";
import type { Choice } from "../choose/offer.ts";
import type { HostDirectory } from "../disk/directory.ts";
import { HostError, type Skip } from "../disk/error.ts";
import type { Resolution } from "../import/options.ts";
import { type Common, folderSide } from "../versions/common.ts";
import type { Folder } from "../versions/moments.ts";
import { type ChangedEntry, changedSides } from "../versions/plan.ts";
import { type Verdict, checkEntries } from "./check.ts";
import { selectChosen } from "./chosen.ts";
import { withoutGit } from "./git.ts";
import { ignoredIn } from "./ignored.ts";
import { type AppliedChange, goneIn, listChanges } from "./list.ts";
import { chooseFolder } from "./origin.ts";
import type { Seen } from "./seen.ts";
import { countAt, selectEntries } from "./select.ts";

/** Selects the changes to apply, and says how to apply them. */
export interface ApplyOptions {
  /**
   * Applies changes since this moment; by default since both sides last agreed.
   * @internal
   */
  readonly since?: Seq;
  /** Path in the filesystem whose changes are applied, if the directory was imported to several. */
  readonly guest?: string;
  /** The directory's place when it was imported, if it was another. */
  readonly was?: string;
  /** Selects paths below the directory; all by default. Others stay offered. */
  readonly selects?: (path: string) => boolean;
  /**
   * The chosen parts of what `offersToApply` offered; all by default. Others stay offered.
   * @internal
   */
  readonly chosen?: readonly Choice[];
  /** Treatment of paths changed on both sides; "leave" by default. */
  readonly conflicts?: Resolution;
  /**
   * Decides if git's own files are applied: git runs the commands in its hooks and its configuration. "leave" by
   * default.
   */
  readonly git?: "leave" | "apply";
  /**
   * Receives the plan before anything is done.
   * @internal
   */
  readonly onPlan?: (plan: ApplySummary) => void;
  /** Bounds the work; by default no guest can exceed it. */
  readonly budget?: Budget;
  /**
   * With "dry-run" nothing is changed.
   * @internal
   */
  readonly mode?: "do" | "dry-run";
}

/** Everything an apply did, or would do. */
export interface ApplySummary {
  /** The directory's real path on the host, and its path in the filesystem. */
  readonly host: string;
  readonly guest: string;
  readonly since: Seq;
  readonly changes: readonly AppliedChange[];
  /** Paths changed on both sides, left as they are on both. */
  readonly conflicts: readonly Skip[];
  /** Paths changed on both sides, and settled. */
  readonly resolved: readonly string[];
  /** Changes that could not be made: a directory that should go stays for other entries in it, and so on. */
  readonly left: readonly Skip[];
  /** Entries that git takes for its own, and that were not asked for. */
  readonly gits: readonly Skip[];
  /** Paths not asked for, or not chosen: they stay offered, each with all below it. */
  readonly others: readonly string[];
  /** The number of changes at these paths and below. */
  readonly otherChanges: number;
  /** Files that were setuid, setgid or sticky on the host, and are no longer. */
  readonly stripped: readonly string[];
  /** Why access control lists and extended attributes of replaced files may be lost; absent if they were kept. */
  readonly unkept?: string;
  /** An earlier apply that did not finish: changes that it brought to the host count as applied. */
  readonly stopped?: RunNumber;
  /** True if the state on which both sides last agreed is folded: then nothing tells who changed what. */
  readonly folded: boolean;
  /** The run that records the apply; none for a dry run, or if there was nothing to do. */
  readonly run?: RunNumber;
}

/** A directory of this machine, and its path as the user gave it. */
export interface Target {
  readonly host: HostDirectory;
  readonly hostPath: string;
}

/** The work planned, before any of it is done. */
export interface Worked {
  readonly summary: ApplySummary;
  readonly folder: Folder;
  readonly common: Common;
  readonly directory: Directory;
  readonly entries: readonly ChangedEntry[];
  readonly verdicts: ReadonlyMap<ChangedEntry, Verdict>;
  readonly seen: ReadonlyMap<ChangedEntry, Seen>;
  /** Files taken in part, by path. */
  readonly parts: ReadonlyMap<string, PartFile>;
  /** Chosen changes that cannot be made because they differ now. */
  readonly stale: readonly Skip[];
  /** Conflicts that can be overwritten. */
  readonly forcible: ReadonlySet<string>;
}

/** Compares the changes since both sides last agreed with what the host has. */
export function workOut(
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
  const selected =
    options.selects === undefined
      ? { entries: asked, others: [] }
      : selectEntries(asked, options.selects);
  const chosen =
    options.chosen === undefined
      ? { ...selected, parts: new Map<string, PartFile>(), stale: [] }
      : selectChosen(selected.entries, options.chosen, tapeOf(history.journal));
  const { entries, parts, stale } = chosen;
  const others =
    options.chosen === undefined ? chosen.others : [...selected.others, ...chosen.others];
  const { verdicts, conflicts, left, seen } = checkEntries(host, entries, history.journal);
  const budget = options.budget ?? new Budget("the apply");
  const ignored = ignoredIn(host, real, entries);
  const changes = [
    ...listChanges(
      entries,
      { tree, top: directory, verdicts, budget, parts, gone: goneIn(entries), ignored },
      "",
      1,
    ),
  ];
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
    left: [...left, ...stale],
    gits,
    others,
    otherChanges: countAt(asked, new Set(others)),
    stripped: [],
    folded,
    ...(stopped === undefined ? {} : { stopped }),
  };
  return { summary, folder, common, directory, entries, verdicts, seen, parts, stale, forcible };
}

/** Returns the real path of a folder that may be gone. */
function realOf(path: string): string {
  return existsSync(path) ? realpathSync(path) : resolve(path);
}
