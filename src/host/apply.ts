import { realpathSync } from "node:fs";

import type { Journal, Run, RunNumber, Seq } from "../../journal/index.ts";
import type { FileSystem } from "../fs/index.ts";
import { type History, comparableTape, lookup, tapeOf } from "../history/index.ts";
import { checkEntries } from "./apply-check.ts";
import { type ChangedEntry, changedEntries } from "./apply-plan.ts";
import { Applier } from "./apply-write.ts";
import { HostDirectory } from "./directory.ts";
import { HostError, type Skip, errnoOf, hostError } from "./error.ts";
import { gitNameProblem } from "./git-name.ts";

export interface ApplyOptions {
  /** What changed since this moment is applied; since the last import or apply of the directory unless told otherwise. */
  readonly since?: Seq;
  /** The path in the filesystem whose changes are applied, where the directory was imported to several. */
  readonly guest?: string;
  /** What to do where the host's entry is not what was imported: apply nothing, or overwrite it. */
  readonly changed?: "refuse" | "overwrite";
  /** Whether git's own files are applied: git runs what stands in its hooks and its configuration. "leave" unless given. */
  readonly git?: "leave" | "apply";
  /** Works it out and changes nothing. */
  readonly mode?: "do" | "dry-run";
}

/** One path below the host's directory that changes. */
export interface AppliedChange {
  readonly path: string;
  readonly change: "added" | "removed" | "modified" | "type-changed" | "times";
  readonly type: "file" | "directory" | "symlink";
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
  /** The run that tells of it in the journal; none for a dry run, or when there was nothing to do. */
  readonly run?: RunNumber;
}

/**
 * Brings what changed since an import back to the host's directory, as a run that tells of it. Where the host's entries
 * are not what was imported, nothing is changed at all. Files are replaced in one step each and keep their mode, but
 * for setuid, setgid and sticky; nothing is written through a symlink, or outside the directory. Throws HostError and JournalError.
 */
export function applyToHost(
  fs: FileSystem,
  history: History,
  hostPath: string,
  options: ApplyOptions = {},
): ApplySummary {
  using host = HostDirectory.open(hostPath, "apply to");
  const real = realpathSync(hostPath);
  const { guest, since: last } = chooseOrigin(
    fs,
    history,
    real,
    originsOf(history.journal, real, options.guest),
  );
  const since = options.since ?? last;
  const readTape = tapeOf(history.journal);
  const directory = lookup(fs.tree, guest);
  if (directory?.type !== "directory") {
    throw new HostError("missing", hostPath, `cannot apply to ${hostPath}: ${guest} is gone`, {
      hint: "redo or restore what removed it",
    });
  }
  const base = history.at(since);
  const changed = changedEntries(
    { tree: base, inode: lookup(base, guest) },
    { tree: fs.tree, inode: directory },
    comparableTape(history.journal),
  );
  const { entries, left: gits } =
    options.git === "apply" ? { entries: changed, left: [] } : withoutGit(changed, "");
  const { verdicts, conflicts, left: checked } = checkEntries(host, entries, history.journal);
  const left = [...gits, ...checked];
  const changes = [...listChanges(entries, verdicts, "")];
  const summary = { host: real, guest, since, changes, conflicts, left, stripped: [] };
  const { mode = "do" } = options;
  if (mode === "dry-run" || changes.length === 0) return summary;
  if (conflicts.length > 0 && options.changed !== "overwrite") throw refusal(hostPath, conflicts);

  const reasons = new Map(conflicts.map(({ path, reason }) => [path, reason]));
  const applier = new Applier({ host, tree: fs.tree, directory, readTape, verdicts, reasons });
  const args = [real, guest, ...(conflicts.length > 0 ? ["--force"] : [])];
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
  else fs.end({ exit: 1, reason: `left alone: ${pathsText(stayed.length)}` });
  return { ...summary, left: stayed, stripped: applier.stripped, run };
}

/** The entries without those that git takes for its own, which are told apart. */
function withoutGit(
  entries: readonly ChangedEntry[],
  above: string,
): { readonly entries: ChangedEntry[]; readonly left: Skip[] } {
  const kept: ChangedEntry[] = [];
  const left: Skip[] = [];
  for (const entry of entries) {
    const path = `${above}${entry.name}`;
    if (gitNameProblem(entry.name) !== undefined) {
      left.push({ path, reason: "git runs what stands there" });
      continue;
    }
    const inside = withoutGit(entry.entries, `${path}/`);
    left.push(...inside.left);
    const isEmptied = entry.change === "within" && inside.entries.length === 0;
    if (!isEmptied) kept.push({ ...entry, entries: inside.entries });
  }
  return { entries: kept, left };
}

function pathsText(count: number): string {
  return count === 1 ? "1 path" : `${count} paths`;
}

/** Where the host's directory was imported to, and the last moment at which both were the same. */
interface Origin {
  readonly guest: string;
  readonly since: Seq;
}

/** One for each path that it was imported to, the last one last. Throws HostError where there is none. */
function originsOf(journal: Journal, real: string, chosen: string | undefined): Origin[] {
  const runs = journal.runs();
  const known = new Map<string, Run>();
  for (const run of runs) {
    const { cause, args } = run.start;
    const [host, guest] = args;
    if (host !== real || guest === undefined) continue;
    if (cause !== "import" && !(cause === "apply" && run.end?.exit === 0)) continue;
    known.delete(guest);
    known.set(guest, run);
  }
  if (known.size === 0) {
    const imported = new Set(
      runs.flatMap(({ start }) => (start.cause === "import" ? [start.guest] : [])),
    );
    throw new HostError("never-imported", real, `cannot apply to ${real}: it was never imported`, {
      hint: imported.size === 0 ? "import it first" : `imported were: ${[...imported].join(", ")}`,
    });
  }
  const places = [...known].filter(([guest]) => chosen === undefined || guest === chosen);
  if (places.length === 0) {
    throw new HostError(
      "never-imported",
      real,
      `cannot apply to ${real}: it was not imported to ${chosen}`,
      { hint: `it was imported to ${[...known.keys()].join(", ")}` },
    );
  }
  const standing = places.filter(([, { run }]) => !isUndone(runs, run));
  if (standing.length === 0) {
    throw new HostError("conflict", real, `cannot apply to ${real}: its import was undone`, {
      hint: "redo it, or import it again",
    });
  }
  return standing.map(([guest, { last }]) => ({ guest, since: last }));
}

function isUndone(runs: readonly Run[], number: RunNumber): boolean {
  const verdict = runs.findLast(
    ({ start, end }) =>
      (start.cause === "undo" || start.cause === "redo") &&
      end?.exit === 0 &&
      start.args[0] === String(number),
  );
  return verdict?.start.cause === "undo";
}

/** Of several origins the one that changed, or the last where none did. Throws HostError where more than one did. */
function chooseOrigin(
  fs: FileSystem,
  history: History,
  real: string,
  origins: readonly Origin[],
): Origin {
  const [only] = origins;
  if (only !== undefined && origins.length === 1) return only;
  const readTape = comparableTape(history.journal);
  const changed = origins.filter(({ guest, since }) => {
    const base = history.at(since);
    const before = { tree: base, inode: lookup(base, guest) };
    const after = { tree: fs.tree, inode: lookup(fs.tree, guest) };
    return (
      before.inode?.type !== after.inode?.type || changedEntries(before, after, readTape).length > 0
    );
  });
  const chosen = changed.at(-1) ?? origins.at(-1);
  if (chosen === undefined) throw new Error("there is no origin to choose from");
  if (changed.length < 2) return chosen;
  const places = changed.map(({ guest }) => guest).join(" and ");
  throw new HostError(
    "conflict",
    real,
    `cannot apply to ${real}: it was imported to ${places}, and all of these changed`,
    { hint: `choose one: --from ${chosen.guest}` },
  );
}

function* listChanges(
  entries: readonly ChangedEntry[],
  verdicts: ReturnType<typeof checkEntries>["verdicts"],
  above: string,
  inherited: "do" | "leave" = "do",
): Generator<AppliedChange> {
  for (const entry of entries) {
    const path = `${above}${entry.name}`;
    const verdict = verdicts.get(entry) ?? inherited;
    const type = (entry.after ?? entry.before)?.type ?? "file";
    if (entry.change !== "within" && verdict !== "skip") {
      yield { path, change: entry.change, type, host: fates[verdict] };
    }
    // What is to be below a path that is left alone has no place to go.
    const below = verdict === "leave" ? "leave" : "do";
    yield* listChanges(entry.entries, verdicts, `${path}/`, below);
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
