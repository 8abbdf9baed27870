import { createDirectoryAt, linkAt, symlinkAt } from "../calls/create.ts";
import type { Handle } from "../calls/handle.ts";
import { readlinkAt } from "../calls/link-target.ts";
import { asksToChange, openAt } from "../calls/open.ts";
import { findAt } from "../calls/place.ts";
import { removeDirectoryAt, unlinkFileAt } from "../calls/remove.ts";
import { renameAt } from "../calls/rename.ts";
import { setTimesAt } from "../calls/set-times.ts";
import { textIn } from "../preview2/text-in.ts";
import { type Context, answer, notCapable } from "./context.ts";
import { errno, errnoOf } from "./errno.ts";
import { OpenFile } from "./open-file.ts";
import { right } from "./rights.ts";
import { fdflag, filestatBytes, newTimes, putFilestat } from "./structs.ts";

const symlinkFollow = 1;
/** The most frequent error, made once. */
const missing = { code: "no-entry", limit: undefined, refusedBy: "filesystem" } as const;
const oflag = { create: 1, directory: 2, exclusive: 4, truncate: 8 } as const;
/** Bits that have a meaning; a call with others is refused. */
const known = { lookup: symlinkFollow, oflags: 15, fdflags: 31 } as const;

/** The functions of preview 1 that take a path. */
export function pathFunctions(context: Context) {
  const { host, memory, descriptors } = context;
  const mostPathBytes = host.fs.limits["path-bytes"];

  /** Returns a directory, or the number of the error. */
  const directoryOf = (fd: number): OpenFile | number => {
    const opened = descriptors.get(fd >>> 0);
    if (opened?.handle === undefined) return errno.badf;
    return opened.handle.type === "directory" ? opened : errno.notdir;
  };

  const text = (path: number, length: number): string | undefined =>
    textIn(memory, path, length, mostPathBytes);

  /** Answers a call that takes a directory and a path in it, and returns nothing. */
  const at = (
    operation: string,
    needed: number,
    fd: number,
    path: number,
    length: number,
    run: (base: Handle, path: string) => number | void,
  ): number => {
    const base = directoryOf(fd);
    if (typeof base === "number") return base;
    const name = text(path, length);
    if (name === undefined) return errno.ilseq;
    if (!base.rights.allow(needed)) return notCapable(context, operation, base, name);
    return answer(context, operation, name, "mutation", () => run(base.handle, name));
  };

  /** Answers a call that takes two places. */
  const fromTo = (
    operation: string,
    needed: { readonly from: number; readonly to: number },
    from: readonly [fd: number, path: number, length: number],
    to: readonly [fd: number, path: number, length: number],
    run: (base: Handle, path: string, newBase: Handle, newPath: string) => number | void,
  ): number => {
    const newBase = directoryOf(to[0]);
    return at(operation, needed.from, ...from, (base, path) => {
      if (typeof newBase === "number") return newBase;
      const newPath = text(to[1], to[2]);
      if (newPath === undefined) return errno.ilseq;
      if (!newBase.rights.allow(needed.to)) return notCapable(context, operation, newBase, newPath);
      return run(base, path, newBase.handle, newPath);
    });
  };

  return {
    path_open(
      fd: number,
      lookup: number,
      path: number,
      length: number,
      how: number,
      rights: bigint,
      inheriting: bigint,
      flags: number,
      result: number,
    ): number {
      const odd = (lookup & ~known.lookup) | (how & ~known.oflags) | (flags & ~known.fdflags);
      if (odd !== 0) return errno.inval;
      const base = directoryOf(fd);
      if (typeof base === "number") return base;
      const name = text(path, length);
      if (name === undefined) return errno.ilseq;
      memory.check(result, 4);
      if (!base.rights.allow(neededToOpen(how))) return notCapable(context, "open-at", base, name);
      const opening = {
        finalLink: finalLink(lookup),
        open: {
          create: (how & oflag.create) !== 0,
          directory: (how & oflag.directory) !== 0,
          exclusive: (how & oflag.exclusive) !== 0,
          truncate: (how & oflag.truncate) !== 0,
        },
        flags: {
          ...base.rights.modeOf(rights),
          fileIntegritySync: (flags & fdflag.sync) !== 0,
          dataIntegritySync: (flags & fdflag.dsync) !== 0,
          requestedWriteSync: (flags & fdflag.rsync) !== 0,
        },
      };
      try {
        const handle = openAt(base.handle, name, opening);
        const opened = new OpenFile(handle, base.rights.grant(handle.type, rights, inheriting), {
          appends: (flags & fdflag.append) !== 0,
          nonBlocking: (flags & fdflag.nonBlock) !== 0,
        });
        memory.setUint32(result, descriptors.add(opened));
        return errno.success;
      } catch (error) {
        const effect = asksToChange(opening) ? "mutation" : "access";
        return errnoOf(host.refusal("open-at", name, effect, error));
      }
    },

    path_filestat_get(
      fd: number,
      lookup: number,
      path: number,
      length: number,
      result: number,
    ): number {
      if ((lookup & ~known.lookup) !== 0) return errno.inval;
      const base = directoryOf(fd);
      if (typeof base === "number") return base;
      const name = text(path, length);
      if (name === undefined) return errno.ilseq;
      memory.check(result, filestatBytes);
      if (!base.rights.allow(right.pathFilestatGet))
        return notCapable(context, "stat-at", base, name);
      try {
        const inode = findAt(base.handle, name, finalLink(lookup));
        if (inode === undefined) {
          host.fs.refuse({ operation: "stat-at", path: name, effect: "access" }, missing);
          return errno.noent;
        }
        putFilestat(memory, result, inode);
        return errno.success;
      } catch (error) {
        return errnoOf(host.refusal("stat-at", name, "access", error));
      }
    },

    path_filestat_set_times(
      fd: number,
      lookup: number,
      path: number,
      length: number,
      access: bigint,
      modification: bigint,
      flags: number,
    ): number {
      const times = newTimes(access, modification, flags);
      if (times === undefined || (lookup & ~known.lookup) !== 0) return errno.inval;
      return at("set-times-at", right.pathFilestatSetTimes, fd, path, length, (base, name) =>
        setTimesAt(base, finalLink(lookup), name, times),
      );
    },

    path_readlink(
      fd: number,
      path: number,
      length: number,
      buffer: number,
      room: number,
      result: number,
    ): number {
      const base = directoryOf(fd);
      if (typeof base === "number") return base;
      const name = text(path, length);
      if (name === undefined) return errno.ilseq;
      memory.check(buffer, room >>> 0);
      memory.check(result, 4);
      if (!base.rights.allow(right.pathReadlink))
        return notCapable(context, "readlink-at", base, name);
      return answer(context, "readlink-at", name, "access", () => {
        // As in POSIX, a target that does not fit is cut off.
        const target = Buffer.from(readlinkAt(base.handle, name)).subarray(0, room >>> 0);
        memory.bytes(buffer, target.length).set(target);
        memory.setUint32(result, target.length);
      });
    },

    path_create_directory: (fd: number, path: number, length: number): number =>
      at("create-directory-at", right.pathCreateDirectory, fd, path, length, createDirectoryAt),

    path_remove_directory: (fd: number, path: number, length: number): number =>
      at("remove-directory-at", right.pathRemoveDirectory, fd, path, length, removeDirectoryAt),

    path_unlink_file: (fd: number, path: number, length: number): number =>
      at("unlink-file-at", right.pathUnlinkFile, fd, path, length, unlinkFileAt),

    path_rename: (
      fd: number,
      path: number,
      length: number,
      newFd: number,
      newPath: number,
      newLength: number,
    ): number =>
      fromTo(
        "rename-at",
        { from: right.pathRenameSource, to: right.pathRenameTarget },
        [fd, path, length],
        [newFd, newPath, newLength],
        renameAt,
      ),

    path_link: (
      fd: number,
      lookup: number,
      path: number,
      length: number,
      newFd: number,
      newPath: number,
      newLength: number,
    ): number =>
      (lookup & ~known.lookup) !== 0
        ? errno.inval
        : fromTo(
            "link-at",
            { from: right.pathLinkSource, to: right.pathLinkTarget },
            [fd, path, length],
            [newFd, newPath, newLength],
            (base, name, newBase, newName) =>
              linkAt(base, finalLink(lookup), name, newBase, newName),
          ),

    path_symlink: (
      target: number,
      targetLength: number,
      fd: number,
      path: number,
      length: number,
    ): number => {
      const to = text(target, targetLength);
      if (to === undefined) return errno.ilseq;
      return at("symlink-at", right.pathSymlink, fd, path, length, (base, name) =>
        symlinkAt(base, to, name),
      );
    },
  };
}

/** wasi_snapshot_preview1, rights.path_open, path_create_file and path_filestat_set_size. */
function neededToOpen(how: number): number {
  const create = (how & oflag.create) !== 0 ? right.pathCreateFile : 0;
  const truncate = (how & oflag.truncate) !== 0 ? right.pathFilestatSetSize : 0;
  return right.pathOpen | create | truncate;
}

function finalLink(lookup: number): "follow" | "keep" {
  return (lookup & symlinkFollow) !== 0 ? "follow" : "keep";
}
