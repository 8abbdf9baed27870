import { randomBytes } from "node:crypto";
import { constants } from "node:fs";
import { posix } from "node:path";
import type { Ino } from "../../journal/index.ts";
import {
  FsError,
  type Inode,
  isWithin,
  modeOf as modeOfInode,
  pathOf as pathIn,
} from "../fs/index.ts";
import {
  inEncoding,
  lengthOf,
  modeOf,
  optionsOf,
  ownerOf,
  pathOf,
  received,
  refuse,
  switchesOf,
  timeOf,
  wholeNumber,
  requireLinkType,
} from "./arguments.ts";
import { type SystemCode, SystemError, argumentError, asSystemCall, refusing } from "./error.ts";
import { type Place, inodeAt, locate, placeAt, withoutSlashes } from "./locate.ts";
import { bigStatsOf, statsOf } from "./statistics.ts";
import { type Perform, ReadOnlyError, type Volume } from "./volume.ts";

/** The calls on paths, each under the name that it has in `node:fs` without "Sync". */
export class EntryCalls {
  protected readonly volume: Volume;

  constructor(volume: Volume) {
    this.volume = volume;
  }

  access(path: unknown, given?: unknown): void {
    const text = pathOf(path);
    const mode = wholeNumber(given ?? constants.F_OK, "mode", 7);
    const inode = this.inode("access", text, "follow");
    if (mode & constants.W_OK && this.volume.isReadOnly) refuse("EROFS", "access", text);
    const isRunnable = inode.type === "directory" || (modeOfInode(inode) & 0o111) !== 0;
    if (mode & constants.X_OK && !isRunnable) refuse("EACCES", "access", text);
  }

  exists(path: unknown): boolean {
    try {
      this.access(path);
      return true;
    } catch {
      return false;
    }
  }

  stat(path: unknown, options?: unknown): unknown {
    return this.#statistics("stat", path, options, "follow");
  }

  lstat(path: unknown, options?: unknown): unknown {
    return this.#statistics("lstat", path, options, "keep");
  }

  readlink(path: unknown, options?: unknown): string | Buffer {
    const asked = optionsOf(options);
    const text = pathOf(path);
    const inode = this.inode("readlink", text, "keep");
    if (inode.type !== "symlink") refuse("EINVAL", "readlink", text);
    return inEncoding(inode.target, asked);
  }

  realpath(path: unknown, options?: unknown): string | Buffer {
    // Node.js looks at one name after another, and says so.
    return this.#realpath("lstat", path, options);
  }

  realpathNative(path: unknown, options?: unknown): string | Buffer {
    return this.#realpath("realpath", path, options);
  }

  mkdir(path: unknown, options?: unknown): string | undefined {
    const text = pathOf(path);
    const { recursive = false, mode } =
      typeof options === "object" && options !== null
        ? switchesOf<{ recursive?: boolean; mode?: unknown }>(options, ["recursive"])
        : { mode: options };
    const bits = modeGiven(mode);
    if (recursive) return this.#mkdirs(text, bits);
    this.change("mkdir", text, undefined, (perform) => {
      const { parent, name } = this.#free(text, "directory");
      perform({ kind: "mkdir", parent, name, ...bits });
    });
    return undefined;
  }

  mkdtemp(prefix: unknown, options?: unknown): string | Buffer {
    const asked = optionsOf(options);
    const text = pathOf(prefix, "prefix");
    const path = `${text}${randomBytes(3).toString("hex")}`;
    try {
      this.mkdir(path, { mode: 0o700 });
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
      throw new SystemError(error.code, "mkdtemp", `${text}XXXXXX`);
    }
    return inEncoding(path, asked);
  }

  rmdir(path: unknown): void {
    const text = pathOf(path);
    this.change("rmdir", text, undefined, (perform) => {
      // A link with a slash behind it is no directory, wherever it leads.
      if (this.#isLink(text)) throw new FsError("not-directory", text);
      const { entry, inode } = placeAt(this.volume.tree(), text, "keep");
      if (inode.type !== "directory") throw new FsError("not-directory", text);
      if (entry === undefined) return refuse(codeOfDots(text), "rmdir", text);
      perform({ kind: "rmdir", ...entry });
    });
  }

  unlink(path: unknown): void {
    const text = pathOf(path);
    this.change("unlink", text, undefined, (perform) => {
      if (this.#isLink(text)) throw new FsError("not-directory", text);
      const { entry, inode } = placeAt(this.volume.tree(), text, "keep");
      if (entry === undefined || inode.type === "directory")
        throw new FsError("is-directory", text);
      perform({ kind: "unlink", ...entry });
    });
  }

  rename(oldPath: unknown, newPath: unknown): void {
    const [from, to] = [pathOf(oldPath, "oldPath"), pathOf(newPath, "newPath")];
    this.change("rename", from, to, (perform) => {
      const tree = this.volume.tree();
      // As the kernel does: both paths are followed before either end is looked at, and no link at an end is followed,
      // also where a slash is behind it.
      const source = locate(tree, withoutSlashes(from), "keep");
      const target = locate(tree, withoutSlashes(to), "keep");
      if (source.entry === undefined || target.entry === undefined)
        return refuse("EBUSY", "rename", from, to);
      if (source.inode === undefined) throw new FsError("no-entry", from);
      if (source.inode.type !== "directory" && (from.endsWith("/") || to.endsWith("/")))
        throw new FsError("not-directory", to);
      const { parent: toParent, name: toName } = target.entry;
      const isAbove = target.inode?.type === "directory" && target.inode.ino !== source.inode.ino;
      if (isAbove && isWithin(tree, source.entry.parent, target.inode.ino))
        throw new FsError("not-empty", to);
      perform({ kind: "rename", ...source.entry, toParent, toName });
    });
  }

  link(existingPath: unknown, newPath: unknown): void {
    const [from, to] = [pathOf(existingPath, "existingPath"), pathOf(newPath, "newPath")];
    this.change("link", from, to, (perform) => {
      const inode = inodeAt(this.volume.tree(), from, "keep");
      const { parent, name } = this.#free(to, "file");
      if (inode.type === "directory") throw new FsError("not-permitted", from);
      perform({ kind: "link", ino: inode.ino, parent, name });
    });
  }

  symlink(target: unknown, path: unknown, type?: unknown): void {
    requireLinkType(type);
    const [to, text] = [pathOf(target, "target"), pathOf(path)];
    this.change("symlink", to, text, (perform) => {
      if (to === "") throw new FsError("no-entry", text);
      const { parent, name } = this.#free(text, "file");
      perform({ kind: "symlink", parent, name, target: to });
    });
  }

  chmod(path: unknown, mode: unknown): void {
    const bits = modeNeeded(mode);
    this.#set("chmod", path, "follow", (ino, perform) =>
      perform({ kind: "set-mode", ino, mode: bits }),
    );
  }

  chown(path: unknown, uid: unknown, gid: unknown): void {
    const text = pathOf(path);
    const owner = [ownerOf(uid, "uid"), ownerOf(gid, "gid")] as const;
    this.inode("chown", text, "follow");
    this.requireOwner("chown", text, owner);
  }

  lchown(path: unknown, uid: unknown, gid: unknown): void {
    const text = pathOf(path);
    const owner = [ownerOf(uid, "uid"), ownerOf(gid, "gid")] as const;
    this.inode("lchown", text, "keep");
    this.requireOwner("lchown", text, owner);
  }

  utimes(path: unknown, atime: unknown, mtime: unknown): void {
    this.#set("utime", path, "follow", (ino, perform) =>
      this.setTimes(ino, atime, mtime, "utime", perform),
    );
  }

  lutimes(path: unknown, atime: unknown, mtime: unknown): void {
    this.#set("lutime", path, "keep", (ino, perform) =>
      this.setTimes(ino, atime, mtime, "lutime", perform),
    );
  }

  truncate(path: unknown, length: unknown = 0): void {
    const size = lengthOf(length);
    const text = pathOf(path);
    this.change("open", text, undefined, (perform) => {
      const inode = inodeAt(this.volume.tree(), text, "follow");
      if (inode.type === "directory") throw new FsError("is-directory", text);
      this.setSize(inode.ino, size, perform);
    });
  }

  statfs(path: unknown, options?: unknown): unknown {
    this.inode("statfs", pathOf(path), "follow");
    const { limits } = this.volume;
    const tree = this.volume.tree();
    const blocks = Math.floor(limits.bytes / blockBytes);
    const free = Math.max(0, Math.floor((limits.bytes - tree.mapped) / blockBytes));
    const numbers = {
      // "rwFS", as in the head of a journal.
      type: 0x72774653,
      bsize: blockBytes,
      blocks,
      bfree: free,
      bavail: free,
      files: limits.inodes,
      ffree: Math.max(0, limits.inodes - tree.count),
    };
    if (!wantsBigInts(options)) return numbers;
    return Object.fromEntries(
      Object.entries(numbers).map(([name, value]) => [name, BigInt(value)]),
    );
  }

  /** Looks a path up. Throws SystemError. */
  protected inode(syscall: string, path: string, finalLink: "follow" | "keep"): Inode {
    return asSystemCall(syscall, path, () => inodeAt(this.volume.tree(), path, finalLink));
  }

  /** Makes changes in one run. Throws SystemError. */
  protected change<T>(
    syscall: string,
    path: string | undefined,
    dest: string | undefined,
    act: (perform: Perform) => T,
  ): T {
    const subject = dest ?? path;
    const name = subject === undefined ? syscall : `${syscall} ${subject}`;
    try {
      return refusing(syscall, path, dest, () => this.volume.change(name, act));
    } catch (error) {
      if (error instanceof ReadOnlyError) return refuse("EROFS", syscall, path, dest);
      throw error;
    }
  }

  protected setSize(ino: Ino, size: number, perform: Perform): void {
    perform(size === 0 ? { kind: "truncate", ino } : { kind: "set-size", ino, size });
  }

  protected setTimes(
    ino: Ino,
    atime: unknown,
    mtime: unknown,
    syscall: string,
    perform: Perform,
  ): void {
    const times = { atime: timeOf(atime, syscall), mtime: timeOf(mtime, syscall) };
    perform({ kind: "set-times", ino, ...times });
  }

  /** A journal keeps no owners: an owner can only be set to who runs this. */
  protected requireOwner(
    syscall: string,
    path: string | undefined,
    [uid, gid]: readonly [number, number],
  ): void {
    const [user, group] = [process.getuid?.() ?? 0, process.getgid?.() ?? 0];
    const isOwn = (id: number, own: number) => id === own || id === -1 || id === 0xffff_ffff;
    if (this.volume.isReadOnly) refuse("EROFS", syscall, path);
    if (!isOwn(uid, user) || !isOwn(gid, group)) refuse("EPERM", syscall, path);
  }

  #realpath(syscall: string, path: unknown, options: unknown): string | Buffer {
    // As Node.js does it: ".." is taken from the text, before any link is looked at. A file may have other names.
    const text = posix.resolve("/", pathOf(path));
    const { ino } = this.inode(syscall, text, "follow");
    const tree = this.volume.tree();
    const { entry } = placeAt(tree, text, "follow");
    const above = pathIn(tree, entry?.parent ?? ino);
    return inEncoding(posix.join(above, entry?.name ?? ""), optionsOf(options));
  }

  #statistics(
    syscall: string,
    path: unknown,
    options: unknown,
    finalLink: "follow" | "keep",
  ): unknown {
    const text = pathOf(path);
    const { throwIfNoEntry = true } = (options ?? {}) as { throwIfNoEntry?: boolean };
    if (!throwIfNoEntry) {
      try {
        return inStatistics(this.inode(syscall, text, finalLink), options);
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        if (code === "ENOENT" || code === "ENOTDIR") return undefined;
        throw error;
      }
    }
    return inStatistics(this.inode(syscall, text, finalLink), options);
  }

  #set(
    syscall: string,
    path: unknown,
    finalLink: "follow" | "keep",
    act: (ino: Ino, perform: Perform) => void,
  ): void {
    const text = pathOf(path);
    this.change(syscall, text, undefined, (perform) =>
      act(inodeAt(this.volume.tree(), text, finalLink).ino, perform),
    );
  }

  /** Tells whether a path is that of a symlink with a slash behind it: Linux removes and moves nothing by such a one. */
  #isLink(path: string): boolean {
    if (!path.endsWith("/")) return false;
    return locate(this.volume.tree(), withoutSlashes(path), "keep").inode?.type === "symlink";
  }

  /** Returns the entry that a path names and that is not there. Throws FsError. */
  #free(path: string, what: "file" | "directory"): NonNullable<Place["entry"]> {
    const { entry, inode } = locate(this.volume.tree(), withoutSlashes(path), "keep");
    if (inode !== undefined || entry === undefined) throw new FsError("exist", path);
    if (path.endsWith("/") && what === "file") throw new FsError("no-entry", path);
    return entry;
  }

  /** Makes a directory and those above it that are missing; returns the path of the first that it made. */
  #mkdirs(path: string, mode: { mode?: number }): string | undefined {
    const names = path.split("/").filter((name) => name !== "");
    return this.change("mkdir", path, undefined, (perform) => {
      let made: string | undefined;
      for (let count = 1; count <= names.length; count += 1) {
        const above = `/${names.slice(0, count).join("/")}`;
        const { entry, inode } = locate(this.volume.tree(), above, "keep");
        // A dangling link is not made whole: this throws.
        const found =
          inode === undefined ? undefined : inodeAt(this.volume.tree(), above, "follow");
        if (found?.type === "directory") continue;
        if (inode !== undefined || entry === undefined)
          throw new FsError(
            count === names.length && !path.endsWith("/") ? "exist" : "not-directory",
            path,
          );
        perform({ kind: "mkdir", ...entry, ...mode });
        made ??= count === names.length ? path : above;
      }
      return made;
    });
  }
}

/** Returns the mode of a call that needs one. */
export function modeNeeded(mode: unknown): number {
  const bits = modeOf(mode);
  if (bits !== undefined) return bits;
  throw argumentError(
    "ERR_INVALID_ARG_TYPE",
    `The "mode" argument must be of type number. Received ${received(mode)}`,
  );
}

/** A mode for something new, less what a umask of 022 takes away; none where none is given. */
export function modeGiven(mode: unknown): { mode?: number } {
  const bits = modeOf(mode);
  return bits === undefined ? {} : { mode: bits & ~0o022 };
}

/** Returns the facts of an inode as numbers or bigints. */
export function inStatistics(inode: Inode, options: unknown): unknown {
  return wantsBigInts(options) ? bigStatsOf(inode) : statsOf(inode);
}

function wantsBigInts(options: unknown): boolean {
  return optionsOf<{ bigint: boolean }>(options).bigint === true;
}

/** Returns what Linux says to the removal of a directory that is named by no entry. */
function codeOfDots(path: string): SystemCode {
  if (path.endsWith("..")) return "ENOTEMPTY";
  return path.endsWith(".") ? "EINVAL" : "EBUSY";
}

/** The unit of `statfs`. */
const blockBytes = 4_096;
