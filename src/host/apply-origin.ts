import type { Journal, Run, RunNumber } from "../../journal/index.ts";
import type { Tree } from "../fs/index.ts";
import { type History, comparableTape, lookup } from "../history/index.ts";
import { type Base, changedSince } from "./apply-changes.ts";
import { leftBy } from "./apply-left.ts";
import { HostError } from "./error.ts";

/** Where the host's directory was imported to, and the last moments at which both were the same. */
export interface Origin {
  readonly guest: string;
  /** The last moment first; only of the last one all was the same. */
  readonly bases: readonly [Base, ...Base[]];
  /** The last apply since that did not come to its end, and did nobody knows how much. */
  readonly stopped?: RunNumber;
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
  const known = new Map<string, { readonly run: Run; readonly origin: Origin }>();
  for (const run of runs) {
    const { cause, args } = run.start;
    const [host, guest] = args;
    if (host !== real || guest === undefined) continue;
    const left = cause === "import" ? [] : cause === "apply" ? leftBy(run) : undefined;
    const before = known.get(guest);
    if (left === undefined) {
      if (cause === "apply" && before !== undefined)
        known.set(guest, { ...before, origin: { ...before.origin, stopped: run.run } });
      continue;
    }
    const older = left.length === 0 ? [] : before?.origin.bases;
    if (older === undefined) continue;
    known.delete(guest);
    known.set(guest, { run, origin: { guest, bases: [{ seq: run.last, left }, ...older] } });
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
  const standing = places.filter(([, { run }]) => !isUndone(runs, run.run));
  if (standing.length === 0) {
    throw new HostError("conflict", real, `cannot apply to ${real}: its import was undone`, {
      hint: "redo it, or import it again",
    });
  }
  return standing.map(([, { origin }]) => origin);
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
  const changed = origins.filter(({ guest, bases }) => {
    const inodes = [history.at(bases[0].seq), tree].map((state) => lookup(state, guest));
    return (
      inodes[0]?.type !== inodes[1]?.type ||
      changedSince(history, bases, tree, guest, readTape).length > 0
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
