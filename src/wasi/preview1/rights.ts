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

/** All that can be done with a directory. */
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

/** All that can be done with a file. */
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

/** Without the right to seek: wasi-libc takes a standard stream for a terminal only then. */
const standard = right.fdFilestatGet | right.pollFdReadwrite;

/** Rights over a descriptor itself, and over what is opened through it. */
interface Pair {
  readonly base: number;
  readonly inheriting: number;
}

/**
 * The rights of one descriptor: those that it tells of, which are the ones that were asked for, and those that its
 * calls are held to, which are the same with one exception. The specification gave rights up in 2023, and programs
 * written since name none but reading and writing: one that names no other is held to what its directory passes on.
 */
export class Rights {
  #told: Pair;
  #held: Pair;

  private constructor(told: Pair, held: Pair) {
    this.#told = told;
    this.#held = held;
  }

  /** Returns the rights of a directory that is open from the start: all. */
  static ofPreopen(): Rights {
    const all = { base: directory, inheriting: directory | file };
    return new Rights(all, all);
  }

  static ofStandard(stream: "stdin" | "stdout" | "stderr"): Rights {
    const does = stream === "stdin" ? right.fdRead : right.fdWrite;
    const all = { base: does | standard, inheriting: 0 };
    return new Rights(all, all);
  }

  /** Those that fd_fdstat_get tells of. */
  get told(): Pair {
    return this.#told;
  }

  /** Tells whether a call that needs all of these rights may be made. */
  allow(needed: number): boolean {
    return (this.#held.base & needed) === needed;
  }

  /** Returns how a file may be opened whose opener asks for these rights: never for more than this directory passes on. */
  modeOf(asked: bigint): { readonly read: boolean; readonly write: boolean } {
    const granted = known(asked) & this.#held.inheriting;
    return { read: (granted & right.fdRead) !== 0, write: (granted & right.fdWrite) !== 0 };
  }

  /** Returns the rights of what is opened in this directory: those asked for that it passes on and that can be used. */
  grant(type: "file" | "directory", base: bigint, inheriting: bigint): Rights {
    const passed = this.#held.inheriting;
    const useful = type === "directory" ? ~file | directory : ~0;
    const told = { base: known(base) & passed & useful, inheriting: known(inheriting) & passed };
    const namesMore = ((known(base) | known(inheriting)) & ~access) !== 0;
    if (namesMore) return new Rights(told, told);
    const unnamed = passed & useful & ~access;
    return new Rights(told, { base: told.base | unnamed, inheriting: passed });
  }

  /** Takes rights away. Changes nothing and returns false where any were asked for that there are not. */
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

/** A guest's rights as a number. Bits that no right has are dropped. */
function known(rights: bigint): number {
  return Number(BigInt.asUintN(knownBits, rights));
}

function hasUnknown(rights: bigint): boolean {
  return BigInt.asUintN(64, rights) >> BigInt(knownBits) !== 0n;
}
