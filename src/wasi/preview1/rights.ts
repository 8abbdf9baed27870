/** wasi_snapshot_preview1, rights: nothing follows from most of them here, but libraries look at what they are told. */
const bit = {
  fdDatasync: 1 << 0,
  fdRead: 1 << 1,
  fdSeek: 1 << 2,
  fdFdstatSetFlags: 1 << 3,
  fdSync: 1 << 4,
  fdTell: 1 << 5,
  fdWrite: 1 << 6,
  fdAdvise: 1 << 7,
  fdAllocate: 1 << 8,
  pathCreateDirectory: 1 << 9,
  pathCreateFile: 1 << 10,
  pathLinkSource: 1 << 11,
  pathLinkTarget: 1 << 12,
  pathOpen: 1 << 13,
  fdReaddir: 1 << 14,
  pathReadlink: 1 << 15,
  pathRenameSource: 1 << 16,
  pathRenameTarget: 1 << 17,
  pathFilestatGet: 1 << 18,
  pathFilestatSetTimes: 1 << 20,
  fdFilestatGet: 1 << 21,
  fdFilestatSetSize: 1 << 22,
  fdFilestatSetTimes: 1 << 23,
  pathSymlink: 1 << 24,
  pathRemoveDirectory: 1 << 25,
  pathUnlinkFile: 1 << 26,
  pollFdReadwrite: 1 << 27,
} as const;

/** All that there are: 30. */
const all = (1 << 30) - 1;

const directory =
  bit.pathCreateDirectory |
  bit.pathCreateFile |
  bit.pathLinkSource |
  bit.pathLinkTarget |
  bit.pathOpen |
  bit.fdReaddir |
  bit.pathReadlink |
  bit.pathRenameSource |
  bit.pathRenameTarget |
  bit.pathSymlink |
  bit.pathRemoveDirectory |
  bit.pathUnlinkFile |
  bit.pathFilestatGet |
  bit.pathFilestatSetTimes |
  bit.fdFilestatGet |
  bit.fdFilestatSetTimes;

const inDirectory =
  directory |
  bit.fdDatasync |
  bit.fdRead |
  bit.fdSeek |
  bit.fdFdstatSetFlags |
  bit.fdSync |
  bit.fdTell |
  bit.fdWrite |
  bit.fdAdvise |
  bit.fdAllocate |
  bit.fdFilestatSetSize |
  bit.pollFdReadwrite;

/** What wasi-libc asks of a directory, and of what is opened in it. */
export const directoryRights = { base: directory, inheriting: inDirectory } as const;

/** A standard stream must have no right to seek: wasi-libc takes it for a terminal only then. */
export const standardRights = {
  stdin: bit.fdRead,
  stdout: bit.fdWrite,
  stderr: bit.fdWrite,
} as const;

/** A file that is not open for reading, or for writing, says so by what is missing. */
export function fileRights({ reads, writes }: { reads: boolean; writes: boolean }): number {
  const withoutRead = reads ? all : all & ~(bit.fdRead | bit.fdReaddir);
  return writes ? withoutRead : withoutRead & ~bit.fdWrite;
}

/** How a file is opened whose opener wants these rights. */
export function wantedOf(rights: bigint): { readonly read: boolean; readonly write: boolean } {
  const low = Number(BigInt.asUintN(32, rights));
  return { read: (low & bit.fdRead) !== 0, write: (low & bit.fdWrite) !== 0 };
}
