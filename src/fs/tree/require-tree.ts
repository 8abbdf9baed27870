import {
  type Ino,
  isXattrName,
  largestMode,
  parseName,
  promisedFrom,
  rootIno,
} from "../../../journal/index.ts";
import { eachPiece } from "./block.ts";
import { type Content, blockBytes } from "./content.ts";
import { entriesIn } from "../table/entries.ts";
import { MisfitError } from "../limits/error.ts";
import { entriesOf } from "../table/table.ts";
import {
  type Directory,
  type Inode,
  type Tree,
  childOf,
  inodeOf,
  isSpecial,
  xattrsOf,
} from "./tree.ts";
import { bytesOfXattrs, mostXattrsBytes } from "./xattrs.ts";
import { mostMapped } from "../limits/limits.ts";

/**
 * Reads a foreign state completely. Throws MisfitError unless it is a tree of legal names whose files refer only to the
 * first `tapeLength` bytes of the tape. Stops at the first fault, however large the rest claims to be.
 */
export function requireTree(tree: Tree, tapeLength: number): void {
  const sums = { inodes: 0, directories: 0, names: 0, entries: 0, mapped: 0, nameless: 0 };
  if (!Number.isSafeInteger(tree.nextIno)) throw new MisfitError("there is no next inode");
  for (const [, inode] of entriesOf<Inode>(tree.inodes)) {
    requireInode(tree, inode);
    sums.inodes += 1;
    sums.names += inode.names.length;
    if (inode.ino !== rootIno && inode.names.length === 0) sums.nameless += 1;
    requireXattrs(inode, tapeLength);
    if (inode.type === "directory") {
      sums.directories += 1;
      sums.entries += requireEntries(inode);
    } else if (inode.type === "file") {
      sums.mapped += requireContent(inode.ino, inode.content, tapeLength);
      if (sums.mapped > mostMapped) throw new MisfitError("its files map too many bytes");
    } else if (isSpecial(inode)) continue;
    else if (inode.target === "" || inode.target.includes("\0"))
      throw new MisfitError(`symlink ${inode.ino} has no target`);
  }
  if (sums.inodes !== tree.count || sums.mapped !== tree.mapped)
    throw new MisfitError("its inodes or their bytes are counted wrong");
  if (sums.nameless !== tree.orphans.size)
    throw new MisfitError("it has inodes without a name that are not open");
  // Each name is an entry; with equal numbers, each entry is also a name.
  if (sums.entries !== sums.names)
    throw new MisfitError("its entries do not match the names of inodes");
  if (directoriesBelowRoot(tree) !== sums.directories - namelessDirectories(tree))
    throw new MisfitError("its directories form a loop");
}

function requireInode(tree: Tree, inode: Inode): void {
  const { ino, names } = inode;
  const most = inode.type !== "directory" ? Infinity : ino === rootIno ? 0 : 1;
  if (names.length > most) throw new MisfitError(`directory ${ino} has more than one name`);
  if (ino === rootIno ? inode.type !== "directory" : names.length === 0 && !tree.orphans.has(ino))
    throw new MisfitError(`inode ${ino} cannot be reached`);
  if (inode.type !== "symlink" && (inode.mode ?? 0) > largestMode)
    throw new MisfitError(`inode ${ino} has an invalid mode`);
  if (ino >= tree.nextIno)
    throw new MisfitError(`inode ${ino} has a number that is not given out yet`);
  if (inode.atime < 0n || inode.mtime < 0n || inode.ctime < 0n)
    throw new MisfitError(`inode ${ino} has a time before 1970`);
  for (const { parent, name } of names) {
    if (childOf(tree, parent, name) !== ino)
      throw new MisfitError(`inode ${ino} is not where its name says`);
  }
  if (names.length < 2) return;
  const distinct = new Set(names.map(({ parent, name }) => `${parent}/${name}`));
  if (distinct.size < names.length) throw new MisfitError(`inode ${ino} has a name twice`);
}

/** Checks that attributes are legal and their values on the tape. */
function requireXattrs(inode: Inode, tapeLength: number): void {
  const xattrs = xattrsOf(inode);
  if (xattrs === undefined) return;
  if (xattrs.size === 0 || bytesOfXattrs(xattrs) > mostXattrsBytes)
    throw new MisfitError(`inode ${inode.ino} has too many attributes, or none`);
  for (const [name, { tape, length }] of xattrs)
    if (!isXattrName(name) || tape + length > tapeLength)
      throw new MisfitError(`inode ${inode.ino} has an attribute that is none`);
}

/** Counts a directory's entries, and checks that their names are legal. */
function requireEntries({ ino, entries, names, size }: Directory): number {
  let count = 0;
  for (const [name] of entriesIn(entries)) {
    if (parseName(name) === undefined)
      throw new MisfitError(`directory ${ino} has an entry ${JSON.stringify(name)}`);
    count += 1;
  }
  if (count !== size) throw new MisfitError(`directory ${ino} counts its entries wrong`);
  if (ino !== rootIno && names.length === 0 && size > 0)
    throw new MisfitError(`directory ${ino} was removed and holds entries`);
  return count;
}

/** Counts a file's mapped bytes, and checks that they are within its size and on the tape. */
function requireContent(ino: Ino, { size, mapped, blocks }: Content, tapeLength: number): number {
  let sum = 0;
  for (const [index, block] of entriesOf(blocks)) {
    const end = Math.min(size, (index + 1) * blockBytes);
    eachPiece(block, (offset, length, tape) => {
      if (offset + length > end || (tape < promisedFrom && tape + length > tapeLength))
        throw new MisfitError(`file ${ino} holds bytes past its end or that of the tape`);
      sum += length;
    });
  }
  if (sum !== mapped) throw new MisfitError(`file ${ino} counts its bytes wrong`);
  return sum;
}

/** Counts the reachable directories with the root. Each has one name, so none is counted twice. */
function directoriesBelowRoot(tree: Tree): number {
  let count = 0;
  const rest: Ino[] = [rootIno];
  for (let ino = rest.pop(); ino !== undefined; ino = rest.pop()) {
    const inode = inodeOf(tree, ino);
    if (inode?.type !== "directory") continue;
    count += 1;
    for (const [, child] of entriesIn(inode.entries)) rest.push(child);
  }
  return count;
}

function namelessDirectories(tree: Tree): number {
  return [...tree.orphans].filter((ino) => inodeOf(tree, ino)?.type === "directory").length;
}
