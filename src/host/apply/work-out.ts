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
import { selectEntries } from "./select.ts";

/** What of the changes is applied, and how. */
export interface ApplyOptions {
  /**
   * What changed since this moment is applied; since what was last common unless told otherwise.
   * @internal
   */
  readonly since?: Seq;
  /** The path in the filesystem whose changes are applied, where the directory was imported to several. */
  readonly guest?: string;
  /** Where the directory stood when it was imported, if not where it stands now. */
  readonly was?: string;
  /** Which paths, below the directory, are applied; all unless given. What is not stays offered. */
  readonly selects?: (path: string) => boolean;
  /**
   * What is taken of what `offersToApply` told, where not all is. What is not stays offered.
   * @internal
   */
  readonly chosen?: readonly Choice[];
  /** What becomes of what was changed on both sides; "leave" unless given. */
  readonly conflicts?: Resolution;
  /** Whether git's own files are applied: git runs what stands in its hooks and its configuration. "leave" unless given. */
  readonly git?: "leave" | "apply";
  /** What it may cost; as much as no guest can make by default. */
  readonly budget?: Budget;
  /**
   * Works it out and changes nothing.
   * @internal
   */
  readonly mode?: "do" | "dry-run";
}

/** What an apply did, or would do. */
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
  /** What was not asked for, or not chosen: paths that stay offered, each with all below it. */
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

/** A directory of this machine, and its path as the user gave it. */
export interface Target {
  readonly host: HostDirectory;
  readonly hostPath: string;
}

/** What is to be done, before anything is. */
export interface Worked {
  readonly summary: ApplySummary;
  readonly folder: Folder;
  readonly common: Common;
  readonly directory: Directory;
  readonly entries: readonly ChangedEntry[];
  readonly verdicts: ReadonlyMap<ChangedEntry, Verdict>;
  readonly seen: ReadonlyMap<ChangedEntry, Seen>;
  /** By path, the files of which a part is taken. */
  readonly parts: ReadonlyMap<string, PartFile>;
  /** What was chosen and cannot be done, as it has changed since. */
  readonly stale: readonly Skip[];
  /** Conflicts that can be gone over. */
  readonly forcible: ReadonlySet<string>;
}

/** Compares what changed since it was last common with what the host has. */
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
    stripped: [],
    folded,
    ...(stopped === undefined ? {} : { stopped }),
  };
  return { summary, folder, common, directory, entries, verdicts, seen, parts, stale, forcible };
}

/** Where a folder stood that may be gone. */
function realOf(path: string): string {
  return existsSync(path) ? realpathSync(path) : resolve(path);
}
