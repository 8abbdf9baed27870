import type { Tree } from "../../fs/index.ts";
import { type History, comparableTape, lookup } from "../../history/index.ts";
import { changedSides } from "../versions/plan.ts";
import { type Common, commonOf, folderSide } from "../versions/common.ts";
import type { HostDirectory } from "../disk/directory.ts";
import { HostError } from "../disk/error.ts";
import { type Folder, guestsOf } from "../versions/moments.ts";

/** A folder as it was imported, with the state on which both sides last agreed. */
export interface Found {
  readonly folder: Folder;
  readonly common: Common;
}

export interface Wanted {
  /** The directory's place now, and its place when it was imported. */
  readonly real: string;
  readonly was: string;
  /** The chosen one of the paths to which it was imported. */
  readonly chosen: string | undefined;
}

/** Finds the path in the filesystem that a directory belongs to; of several, the one that changed. Throws HostError. */
export function chooseFolder(
  tree: Tree,
  history: History,
  { real, was, chosen }: Wanted,
  host: HostDirectory,
): Found {
  const runs = history.journal.runs();
  const guests = guestsOf(runs, was);
  if (guests.length === 0) throw neverImported(history, real, was);
  const places = guests.filter((guest) => chosen === undefined || guest === chosen);
  if (places.length === 0) {
    throw new HostError(
      "never-imported",
      real,
      `cannot apply to ${real}: it was not imported to ${chosen}`,
      { hint: `it was imported to ${guests.join(", ")}` },
    );
  }
  const found = places.flatMap((guest): Found[] => {
    const folder = { host: real, guest, ...(was === real ? {} : { was }) };
    const common = commonOf(history, runs, folder, host);
    return common === undefined ? [] : [{ folder, common }];
  });
  return theChanged(tree, history, real, found);
}

function neverImported(history: History, real: string, was: string): HostError {
  const runs = history.journal.runs();
  const imports = runs.flatMap(({ start }) => (start.cause === "import" ? [start.guest] : []));
  if (imports.includes(was)) {
    return new HostError("conflict", real, `cannot apply to ${real}: its import was undone`, {
      hint: "redo it, or import it again",
    });
  }
  const known = [...new Set(imports)].join(", ");
  return new HostError(
    "never-imported",
    real,
    `cannot apply to ${real}: ${was === real ? "it" : was} was never imported`,
    {
      hint:
        known === ""
          ? "import it first"
          : `imported were: ${known}; for one that stands elsewhere now: apply OLD --to ${real}`,
    },
  );
}

function theChanged(tree: Tree, history: History, real: string, found: readonly Found[]): Found {
  const [only] = found;
  if (only !== undefined && found.length === 1) return only;
  const readTape = comparableTape(history.journal);
  const changed = found.filter(({ folder, common }) => {
    const now = lookup(tree, folder.guest);
    const side = folderSide(tree, folder.guest, common.foreign);
    return (
      now?.type !== common.side.inode?.type ||
      changedSides(common.side, side, { readTape }).length > 0
    );
  });
  const chosen = changed.at(-1) ?? found.at(-1);
  if (chosen === undefined) {
    throw new HostError("never-imported", real, `cannot apply to ${real}: it was never imported`, {
      hint: "import it first",
    });
  }
  if (changed.length < 2) return chosen;
  const places = changed.map(({ folder }) => folder.guest).join(" and ");
  throw new HostError(
    "conflict",
    real,
    `cannot apply to ${real}: it was imported to ${places}, and all of these changed`,
    { hint: `choose one: --from ${chosen.folder.guest}` },
  );
}
