import type { Seq } from "../../../journal/index.ts";
import type { Inode } from "../../fs/index.ts";
import { type History, comparableTape } from "../../history/index.ts";
import { commonOf } from "./common.ts";
import { foldersOf, pathBelow } from "./moments.ts";
import { type Side, holdsSame } from "./plan.ts";

/**
 * Returns a test for an absolute path just after event `at`: true if its entry is as it was last imported, hence the
 * user's own.
 */
export function isAsImported(history: History, at: Seq): (path: string, inode: Inode) => boolean {
  const imports = history.journal
    .runs()
    .filter(({ last, start }) => last <= at && start.cause === "import");
  const readTape = comparableTape(history.journal);
  const places = foldersOf(imports).flatMap((folder) => {
    const common = commonOf(history, imports, folder, undefined);
    return common === undefined ? [] : [{ guest: folder.guest, side: common.side }];
  });
  return (path, inode) =>
    places.some(({ guest, side }) => {
      const below = pathBelow(path, guest);
      const was = below === undefined ? undefined : inodeIn(side, below.split("/"));
      return was !== undefined && holdsSame(was, inode, readTape);
    });
}

function inodeIn(side: Side, names: readonly string[]): Inode | undefined {
  let at: Side | undefined = side;
  for (const name of names) {
    const entries: ReadonlyMap<string, Side> | undefined = at?.entries("/");
    at = entries?.get(name);
  }
  return at?.inode;
}
