import type { Name, Seq } from "../../../journal/index.ts";
import type { Inode } from "../../fs/index.ts";
import { type History, comparableTape } from "../../history/index.ts";
import { type LayeredSide, commonOf } from "./common.ts";
import { foldersOf, pathBelow } from "./moments.ts";
import { holdsSame } from "./plan.ts";

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

function inodeIn(side: LayeredSide, names: readonly string[]): Inode | undefined {
  let at: LayeredSide | undefined = side;
  for (const name of names) at = at?.child(name as Name);
  return at?.inode;
}
