import { type Ino, parseName, rootIno } from "../../../journal/index.ts";
import { type Inode, type Tree, entriesIn, entriesOf, inodeOf } from "../../../src/fs/index.ts";

/** Lists the faults of a tree; none if it is one of legal names. */
export function treeFaults(tree: Tree): string[] {
  const faults: string[] = [];
  const entered = new Map<Ino, string[]>();
  const reached = new Set<Ino>();
  const rest: Ino[] = [rootIno];
  for (let ino = rest.pop(); ino !== undefined; ino = rest.pop()) {
    const inode = inodeOf(tree, ino);
    if (inode === undefined) faults.push(`inode ${ino} is missing`);
    if (reached.has(ino)) {
      if (inode?.type === "directory") faults.push(`directory ${ino} has two ways to it`);
      continue;
    }
    reached.add(ino);
    if (inode?.type !== "directory") continue;
    let size = 0;
    for (const [name, child] of entriesIn(inode.entries)) {
      size += 1;
      if (parseName(name) === undefined) faults.push(`${JSON.stringify(name)} is no name`);
      entered.set(child, [...(entered.get(child) ?? []), `${ino}/${name}`]);
      rest.push(child);
    }
    if (size !== inode.size) faults.push(`directory ${ino} counts its entries wrong`);
  }
  let count = 0;
  for (const [, inode] of entriesOf<Inode>(tree.inodes)) {
    const { ino } = inode;
    count += 1;
    const names = inode.names.map(({ parent, name }) => `${parent}/${name}`);
    const there = entered.get(ino) ?? [];
    if (names.length !== there.length || names.some((name) => !there.includes(name)))
      faults.push(`inode ${ino} stands elsewhere than its names say`);
    const isNameless = ino !== rootIno && names.length === 0;
    if (isNameless !== tree.orphans.has(ino)) faults.push(`inode ${ino} is lost`);
    if (ino >= tree.nextIno) faults.push(`inode ${ino} will be made again`);
  }
  if (count !== tree.count) faults.push("the inodes are counted wrong");
  return faults;
}
