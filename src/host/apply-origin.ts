import type { Journal, Run, RunNumber, Seq } from "../../journal/index.ts";
import type { Tree } from "../fs/index.ts";
import { type History, comparableTape, lookup } from "../history/index.ts";
import { changedEntries } from "./apply-plan.ts";
import { HostError } from "./error.ts";

/** Where the host's directory was imported to, and the last moment at which both were the same. */
export interface Origin {
  readonly guest: string;
  readonly since: Seq;
}

/** Of a directory, by its real path; `chosen` is which of the paths it was imported to is meant. Throws HostError. */
export function originOf(
  tree: Tree,
  history: History,
  real: string,
  chosen: string | undefined,
): Origin {
  return chooseOrigin(tree, history, real, originsOf(history.journal, real, chosen));
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
  tree: Tree,
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
    const after = { tree, inode: lookup(tree, guest) };
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
