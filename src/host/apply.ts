import { realpathSync } from "node:fs";

import type { Journal, RunNumber, Seq } from "../../journal/index.ts";
import type { FileSystem } from "../fs/index.ts";
import { type History, lookup, tapeOf } from "../history/index.ts";
import { checkEntries } from "./apply-check.ts";
import { type ChangedEntry, changedEntries } from "./apply-plan.ts";
import { Applier } from "./apply-write.ts";
import { HostDirectory } from "./directory.ts";
import { HostError, type Skip, errnoOf, hostError } from "./error.ts";

export interface ApplyOptions {
  /** What changed since this moment is applied; since the last import or apply of the directory unless told otherwise. */
  readonly since?: Seq;
  /** What to do where the host's entry is not what was imported: apply nothing, or overwrite it. */
  readonly changed?: "refuse" | "overwrite";
  /** Works it out and changes nothing. */
  readonly mode?: "do" | "dry-run";
}

/** One path below the host's directory that changes. */
export interface AppliedChange {
  readonly path: string;
  readonly change: "added" | "removed" | "modified" | "type-changed" | "times";
  readonly type: "file" | "directory" | "symlink";
  /** "already": the host has it so. */
  readonly host: "changes" | "already" | "conflict";
}

export interface ApplySummary {
  /** The directory's real path on the host, and its path in the filesystem. */
  readonly host: string;
  readonly guest: string;
  readonly since: Seq;
  readonly changes: readonly AppliedChange[];
  /** What on the host is not as it was imported. */
  readonly conflicts: readonly Skip[];
  /** What was left alone although it was to be overwritten: nothing that was never imported is deleted. */
  readonly left: readonly Skip[];
  /** The run that tells of it in the journal; none for a dry run, or when there was nothing to do. */
  readonly run?: RunNumber;
}

/**
 * Brings what changed since an import back to the host's directory, as a run that tells of it. Where the host's entries
 * are not what was imported, nothing is changed at all. Files are replaced in one step each and keep their mode; nothing
 * is written through a symlink, or outside the directory. Throws HostError and JournalError.
 */
export function applyToHost(
  fs: FileSystem,
  history: History,
  hostPath: string,
  options: ApplyOptions = {},
): ApplySummary {
  using host = HostDirectory.open(hostPath);
  const real = realpathSync(hostPath);
  const { guest, since: last } = originOf(history.journal, real);
  const since = options.since ?? last;
  const readTape = tapeOf(history.journal);
  const directory = lookup(fs.tree, guest);
  if (directory?.type !== "directory") {
    throw new HostError("missing", hostPath, `cannot apply to ${hostPath}: ${guest} is gone`, {
      hint: "redo or restore what removed it",
    });
  }
  const base = history.at(since);
  const entries = changedEntries(
    { tree: base, inode: lookup(base, guest) },
    { tree: fs.tree, inode: directory },
    readTape,
  );
  const { verdicts, conflicts } = checkEntries(host, entries, readTape);
  const changes = [...listChanges(entries, verdicts, "")];
  const summary = { host: real, guest, since, changes, conflicts, left: [] };
  const { mode = "do", changed = "refuse" } = options;
  if (mode === "dry-run" || changes.length === 0) return summary;
  if (conflicts.length > 0 && changed === "refuse") throw refusal(hostPath, conflicts);

  const applier = new Applier({ host, tree: fs.tree, directory, readTape, verdicts });
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
      `the apply stopped after ${applier.done} paths: ${message}`,
      {
        hint: "apply again to go on: what is done already is passed over",
        cause: error,
      },
    );
  }
  if (applier.left.length === 0) fs.end({ exit: 0 });
  else fs.end({ exit: 1, reason: `${applier.left.length} paths were left alone` });
  return { ...summary, left: applier.left, run };
}

/** Where the host's directory was imported to, and the last moment at which both were the same. */
function originOf(journal: Journal, real: string): { guest: string; since: Seq } {
  const runs = journal.runs();
  const origin = runs.findLast(
    ({ start, end }) =>
      start.args[0] === real &&
      (start.cause === "import" || (start.cause === "apply" && end?.exit === 0)),
  );
  const guest = origin?.start.args[1];
  if (origin === undefined || guest === undefined) {
    const known = new Set(
      runs.flatMap(({ start }) => (start.cause === "import" ? [start.guest] : [])),
    );
    throw new HostError("never-imported", real, `cannot apply to ${real}: it was never imported`, {
      hint: known.size === 0 ? "import it first" : `imported were: ${[...known].join(", ")}`,
    });
  }
  const verdict = runs.findLast(
    ({ start, end }) =>
      (start.cause === "undo" || start.cause === "redo") &&
      end?.exit === 0 &&
      start.args[0] === String(origin.run),
  );
  if (verdict?.start.cause === "undo") {
    throw new HostError("conflict", real, `cannot apply to ${real}: its import was undone`, {
      hint: "redo it, or import it again",
    });
  }
  return { guest, since: origin.last };
}

function* listChanges(
  entries: readonly ChangedEntry[],
  verdicts: ReturnType<typeof checkEntries>["verdicts"],
  above: string,
): Generator<AppliedChange> {
  for (const entry of entries) {
    const path = `${above}${entry.name}`;
    const verdict = verdicts.get(entry) ?? "do";
    const type = (entry.after ?? entry.before)?.type ?? "file";
    if (entry.change !== "within" && verdict !== "skip") {
      const host = verdict === "do" ? "changes" : verdict === "already" ? "already" : "conflict";
      yield { path, change: entry.change, type, host };
    }
    yield* listChanges(entry.entries, verdicts, `${path}/`);
  }
}

function refusal(hostPath: string, conflicts: readonly Skip[]): HostError {
  const [first] = conflicts;
  const what =
    conflicts.length === 1
      ? `${first?.path} ${first?.reason}`
      : `${conflicts.length} paths are not what was imported`;
  return new HostError("conflict", hostPath, `nothing was applied to ${hostPath}: ${what}`, {
    hint: "import it again to take the host's version in, or --force to overwrite it",
    conflicts,
  });
}
