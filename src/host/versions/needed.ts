import type { Seq } from "../../../journal/index.ts";
import { type History, comparableTape, lookup } from "../../history/index.ts";
import { changedSides } from "./plan.ts";
import { type Common, commonOf, folderSide } from "./common.ts";
import { HostDirectory } from "../disk/directory.ts";
import { identitiesOf } from "../disk/journal-at.ts";
import { HostError } from "../disk/error.ts";
import { type Folder, foldersOf } from "./moments.ts";

/** A folder with unapplied changes, and the first state that is needed to apply them. */
export interface Needed {
  readonly folder: Folder;
  readonly first: Seq;
}

/** Returns the folders whose changes would become unknown if all up to event `seq` became one state. */
export function neededBefore(history: History, seq: Seq): Needed[] {
  const runs = history.journal.runs();
  const readTape = comparableTape(history.journal);
  const tree = history.at(seq);
  return foldersOf(runs).flatMap((folder): Needed[] => {
    const common = commonOn(history, folder);
    if (common === undefined || common.folded || common.first >= seq) return [];
    const then = folderSide(tree, folder.guest, common.foreign);
    const isWhole = lookup(tree, folder.guest)?.type === "directory";
    // If nothing was unapplied at that moment, its state is one on which both agreed as well.
    const isSame = isWhole && changedSides(common.side, then, { readTape }).length === 0;
    return isSame ? [] : [{ folder, first: common.first }];
  });
}

/** Returns the state on which both sides agreed of a folder, which may be gone from this machine. */
function commonOn(history: History, folder: Folder): Common | undefined {
  const runs = history.journal.runs();
  try {
    using host = HostDirectory.open(folder.host, "open", identitiesOf(history.journal.file));
    return commonOf(history, runs, folder, host);
  } catch (error) {
    if (!(error instanceof HostError)) throw error;
    return commonOf(history, runs, folder, undefined);
  }
}
