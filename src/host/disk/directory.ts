import {
  type BigIntStats,
  closeSync,
  constants,
  existsSync,
  fchmodSync,
  fstatSync,
  futimesSync,
  lstatSync,
  openSync,
  readdirSync,
  realpathSync,
} from "node:fs";
import { isUtf8 } from "node:buffer";
import { join } from "node:path";

import { HostError, sourceError } from "./error.ts";
import { isSingleName } from "./host-name.ts";
import type { HostStat } from "./host-stat.ts";
import { Identities } from "./identity.ts";
import { secondsOf } from "./times.ts";

const { O_RDONLY, O_DIRECTORY, O_NOFOLLOW, O_NONBLOCK } = constants;
/** Opens a directory, and no symlink to one. */
const itself = O_RDONLY | O_DIRECTORY | O_NOFOLLOW;

/**
 * A directory of the host, held open. A single name reached through it lies in it, even if paths are renamed or
 * replaced by symlinks meanwhile: on Linux names are looked up from the descriptor, elsewhere from the directory's real
 * path.
 */
export class HostDirectory {
  /** The path as people know it. */
  readonly shown: string;
  readonly #real: string;
  readonly #spared: Identities;
  #fd: number | undefined;
  /** Which directory it is, while it is not held open. */
  #self: { readonly dev: bigint; readonly ino: bigint } | undefined;

  private constructor(fd: number, real: string, shown: string, spared: Identities) {
    this.#fd = fd;
    this.#real = real;
    this.shown = shown;
    this.#spared = spared;
  }

  /**
   * Opens a directory that the user named; symlinks in that path are the user's. Of files in it and below, those whose
   * identities are `spared` are never opened. Throws HostError.
   */
  static open(
    path: string,
    doing = "open",
    spared: ReadonlySet<string> = new Set(),
  ): HostDirectory {
    // A forged journal may hold a text that names nothing on any disk.
    if (path.includes("\0"))
      throw new HostError(
        "missing",
        path,
        `cannot ${doing} a folder whose path holds a zero byte`,
        {
          hint: "name a folder of this machine",
        },
      );
    try {
      const real = realpathSync(path);
      const fd = openSync(real, itself);
      return new HostDirectory(fd, real, path, new Identities(spared));
    } catch (error) {
      throw sourceError(error, doing, path, "directory");
    }
  }

  /** Opens a directory in this one; a symlink is refused. Throws the system's error. */
  child(name: string): HostDirectory {
    const fd = openSync(this.at(name), itself);
    return new HostDirectory(fd, join(this.#real, name), this.show(name), this.#spared);
  }

  /**
   * Opens a file in this directory for reading; a symlink is refused, and a pipe keeps nobody waiting. Throws the
   * system's error, EBUSY for a file that is spared. `stat` is what the caller has just seen of it.
   */
  openFile(name: string, stat = this.stat(name)): number {
    if (stat !== undefined && this.spares(stat)) {
      const error = new Error(`EBUSY: resource busy or locked, open '${this.show(name)}'`);
      throw Object.assign(error, { code: "EBUSY", syscall: "open" });
    }
    return openSync(this.at(name), O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  }

  /** Tells if a file is never to be opened. */
  spares(stat: HostStat): boolean {
    return this.#spared.has(stat);
  }

  get fd(): number {
    return (this.#fd ??= this.#openAgain());
  }

  /**
   * Holds the directory open no longer; `self` says which one it is. It is opened again when it is needed, by its path,
   * which must lead to it.
   */
  rest({ dev, ino }: Pick<BigIntStats, "dev" | "ino">): void {
    this.#self = { dev, ino };
    this.close();
  }

  /** Throws the system's error, or ESTALE if another directory is in its place. */
  #openAgain(): number {
    const fd = openSync(this.#real, itself);
    const { dev, ino } = fstatSync(fd, { bigint: true });
    if (dev === this.#self?.dev && ino === this.#self.ino) return fd;
    closeSync(fd);
    const error = new Error(`ESTALE: stale file handle, open '${this.shown}'`);
    throw Object.assign(error, { code: "ESTALE", syscall: "open" });
  }

  /**
   * Returns the path at which the system finds `name`. Throws HostError for a text that is no single name: it would
   * lead out of here.
   */
  at(name: string): string {
    if (!isSingleName(name)) {
      throw new HostError("bad-path", name, `"${name}" is no name of an entry of ${this.shown}`);
    }
    return byDescriptor ? `/proc/self/fd/${this.fd}/${name}` : join(this.#real, name);
  }

  /** Returns the path of `name` as people know it. */
  show(name: string): string {
    return join(this.shown, name);
  }

  /** Returns the stat of `name`, symlinks not followed; undefined if it does not exist. Throws the system's error. */
  stat(name: string): BigIntStats | undefined {
    return lstatSync(this.at(name), { bigint: true, throwIfNoEntry: false });
  }

  /**
   * Tells if there is an entry of exactly that name: a host that folds case, or composes letters, finds others under
   * it, too.
   */
  has(name: string): boolean {
    return this.stat(name) !== undefined && readdirSync(this.#place).includes(name);
  }

  /** Returns the entry that the host finds under a name that is not its own; undefined if there is none. */
  alias(name: string): string | undefined {
    const stat = this.stat(name);
    if (stat === undefined) return undefined;
    const names = readdirSync(this.#place);
    if (names.includes(name)) return undefined;
    const same = names.find((one) => {
      const other = this.stat(one);
      return other !== undefined && other.dev === stat.dev && other.ino === stat.ino;
    });
    // File systems in user space number an entry anew under each spelling.
    return same ?? names.find((one) => spelling(one) === spelling(name)) ?? "another name";
  }

  statSelf(): BigIntStats {
    return fstatSync(this.fd, { bigint: true });
  }

  /**
   * Returns the names in it, sorted by code unit; names that are not UTF-8 are listed apart, as well as they can be
   * shown.
   */
  list(): { readonly names: string[]; readonly unreadable: string[] } {
    const names = readdirSync(this.#place);
    const unreadable: string[] = [];
    if (!names.some((name) => name.includes("\uFFFD"))) return { names: names.sort(), unreadable };
    const readable: string[] = [];
    for (const bytes of readdirSync(this.#place, { encoding: "buffer" })) {
      (isUtf8(bytes) ? readable : unreadable).push(bytes.toString("utf8"));
    }
    return { names: readable.sort(), unreadable: unreadable.sort() };
  }

  /** The real path, as it was when it was opened. */
  get real(): string {
    return this.#real;
  }

  setTimes(atime: bigint, mtime: bigint): void {
    futimesSync(this.fd, secondsOf(atime), secondsOf(mtime));
  }

  setMode(mode: number): void {
    fchmodSync(this.fd, mode);
  }

  close(): void {
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
  }

  [Symbol.dispose](): void {
    this.close();
  }

  get #place(): string {
    return byDescriptor ? `/proc/self/fd/${this.fd}` : this.#real;
  }
}

function spelling(name: string): string {
  return name.normalize("NFC").toUpperCase().toLowerCase();
}

const byDescriptor = process.platform === "linux" && existsSync("/proc/self/fd");
