/** wasi_snapshot_preview1, rights. */
export const right = {
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
  pathFilestatSetSize: 1 << 19,
  pathFilestatSetTimes: 1 << 20,
  fdFilestatGet: 1 << 21,
  fdFilestatSetSize: 1 << 22,
  fdFilestatSetTimes: 1 << 23,
  pathSymlink: 1 << 24,
  pathRemoveDirectory: 1 << 25,
  pathUnlinkFile: 1 << 26,
  pollFdReadwrite: 1 << 27,
} as const;

const access = right.fdRead | right.fdWrite;

/** All rights to a directory. */
const directory =
  right.fdDatasync |
  right.fdSync |
  right.pathCreateDirectory |
  right.pathCreateFile |
  right.pathLinkSource |
  right.pathLinkTarget |
  right.pathOpen |
  right.fdReaddir |
  right.pathReadlink |
  right.pathRenameSource |
  right.pathRenameTarget |
  right.pathFilestatGet |
  right.pathFilestatSetSize |
  right.pathFilestatSetTimes |
  right.fdFilestatGet |
  right.fdFilestatSetTimes |
  right.pathSymlink |
  right.pathRemoveDirectory |
  right.pathUnlinkFile;

/** All rights to a file. */
const file =
  access |
  right.fdDatasync |
  right.fdSeek |
  right.fdFdstatSetFlags |
  right.fdSync |
  right.fdTell |
  right.fdAdvise |
  right.fdAllocate |
  right.fdFilestatGet |
  right.fdFilestatSetSize |
  right.fdFilestatSetTimes |
  right.pollFdReadwrite;

/** Without the right to seek: only then wasi-libc takes a standard stream for a terminal. */
const standard = right.fdFilestatGet | right.pollFdReadwrite;

/** Rights to a descriptor itself, and to descriptors opened through it. */
interface Pair {
  readonly base: number;
  readonly inheriting: number;
}

/**
 * The rights of one descriptor: those it reports, which were asked for, and those enforced, which are equal with one
 * exception. The specification gave up rights in 2023, and later programs name none but reading and writing: for such a
 * descriptor the rights that its directory passes on are enforced.
 */
export class Rights {
  #told: Pair;
  #held: Pair;

  private constructor(told: Pair, held: Pair) {
    this.#told = told;
    this.#held = held;
  }

  /** Returns the rights of a preopen: all. */
  static ofPreopen(): Rights {
    const all = { base: directory, inheriting: directory | file };
    return new Rights(all, all);
  }

  static ofStandard(stream: "stdin" | "stdout" | "stderr"): Rights {
    const does = stream === "stdin" ? right.fdRead : right.fdWrite;
    const all = { base: does | standard, inheriting: 0 };
    return new Rights(all, all);
  }

  /** The rights that fd_fdstat_get reports. */
  get told(): Pair {
    return this.#told;
  }

  /** Tells if a call that needs all of these rights is allowed. */
  allow(needed: number): boolean {
    return (this.#held.base & needed) === needed;
  }

  /** Returns how a file may be opened with the rights asked for: never with more than this directory passes on. */
  modeOf(asked: bigint): { readonly read: boolean; readonly write: boolean } {
    const granted = known(asked) & this.#held.inheriting;
    return { read: (granted & right.fdRead) !== 0, write: (granted & right.fdWrite) !== 0 };
  }

  /**
   * Returns the rights of a descriptor opened in this directory: those asked for that it passes on and that are usable.
   */
  grant(type: "file" | "directory", base: bigint, inheriting: bigint): Rights {
    const passed = this.#held.inheriting;
    const useful = type === "directory" ? ~file | directory : ~0;
    const told = { base: known(base) & passed & useful, inheriting: known(inheriting) & passed };
    const namesMore = ((known(base) | known(inheriting)) & ~access) !== 0;
    if (namesMore) return new Rights(told, told);
    const unnamed = passed & useful & ~access;
    return new Rights(told, { base: told.base | unnamed, inheriting: passed });
  }

  /** Removes rights. Changes nothing and returns false if it would add any. */
  narrow(base: bigint, inheriting: bigint): boolean {
    const told = { base: known(base), inheriting: known(inheriting) };
    const isMore =
      (told.base & ~this.#told.base) !== 0 ||
      (told.inheriting & ~this.#told.inheriting) !== 0 ||
      hasUnknown(base) ||
      hasUnknown(inheriting);
    if (isMore) return false;
    this.#held = {
      base: this.#held.base & ~(this.#told.base & ~told.base),
      inheriting: this.#held.inheriting & ~(this.#told.inheriting & ~told.inheriting),
    };
    this.#told = told;
    return true;
  }
}

const knownBits = 30;

/** Converts a guest's rights to a number. Unknown bits are dropped. */
function known(rights: bigint): number {
  return Number(BigInt.asUintN(knownBits, rights));
}

function hasUnknown(rights: bigint): boolean {
  return BigInt.asUintN(64, rights) >> BigInt(knownBits) !== 0n;
}
